/** What agents have listed and counted is compared, registered and handed over here, where the database is. */
import { Context } from '@temporalio/activity';
import type { FileActivityInput, HandOverResult, ListBackfillResult, ListSourceResult } from '../contracts/activity-types';
import type {
  AdmitForAgentResult,
  AgentInput,
  AgentListing,
  BackfillRoom,
  IntakeActivities,
  RegisterChosenInput,
  RegisterListingInput,
} from '../contracts/agent-types';
import { planName } from '../core/exchange-names';
import { isQuarantineReason, TallylineFailure } from '../core/failures';
import { planText } from '../core/ids';
import { LISTING_SKEW_MS } from '../core/limits';
import type { ListedFile } from '../sources/source';
import { admit, describeAdmission, fencedFile, requireFile } from './admission';
import { translated } from './application-failure';
import { judgePage, requirePipeline, waitForRoom } from './backfill-listing';
import { cancelFile } from './count-activities';
import type { IntakeDependencies, PipelineSettings } from './dependencies';
import { ExchangeSweep } from './exchange-sweep';
import type { FileWatch } from './file-watch';
import { HandOver } from './hand-over';
import { heartbeating } from './heartbeating';
import { keepHouse } from './housekeeping';
import { readListingPage } from './listing-pages';
import { OverdueAlert } from './overdue-alert';
import { pipelineSettings } from './pipeline-runtime';
import { compareAndRegister } from './register-files';
import { hasOtherPlan, replacedElsewhere, replacePlan } from './replace-plan';
import { createScanActivities } from './scan-activities';
import { setAside } from './set-aside';
import { PartialIntake } from './take-in-partials';

export function createIntakeActivities(dependencies: IntakeDependencies, watch: FileWatch): IntakeActivities {
  const { sink, exchange, metrics, now } = dependencies;
  const scanning = createScanActivities(dependencies);
  const overdue = new OverdueAlert(dependencies);
  const sweep = new ExchangeSweep(dependencies);
  const partials = new PartialIntake(dependencies);

  async function registerListing(input: RegisterListingInput): Promise<ListSourceResult> {
    const { pipeline, sourceId, listing, isFirst, startedAtMs } = input;
    const settings = pipelineSettings(dependencies, pipeline);
    if (isFirst) await sink.expectArrivals({ pipeline, sourceId, everyMs: settings.expect.everyMs, nowMs: now() });
    const counts = { listed: listing.listed, registered: 0, unsettled: 0, quarantined: 0, listRequests: 0 };
    for (const page of listing.pages) {
      const { registered, unsettled, quarantined } = await registerPage(input, listing, await readListingPage(exchange, input, page));
      counts.registered += registered;
      counts.unsettled += unsettled;
      counts.quarantined += quarantined;
    }
    const { cursor, problem } = listing;
    if (cursor === null) await overdue.check(pipeline);
    if (cursor === null && problem === null) await endOfScan(settings, sourceId, startedAtMs);
    return { ...counts, cursor, problem };
  }

  async function endOfScan(settings: PipelineSettings, sourceId: string, startedAtMs: number): Promise<void> {
    const { pipeline } = settings;
    // Looks are dated a little earlier than they were registered.
    await sink.forgetUnsettled({ pipeline, sourceId, beforeMs: startedAtMs - LISTING_SKEW_MS });
    metrics.scanned(pipeline, 'complete');
    await keepHouse(dependencies, settings);
    await sweep.run();
  }

  /**
   * What is settled is judged by the clock of the agent, and as of when it looked: a listing that comes late, or a host whose clock is
   * wrong, must not make half a file look finished.
   */
  async function registerPage({ pipeline, sourceId }: AgentInput, listing: AgentListing, files: readonly ListedFile[]) {
    const { lookedAtMs, tookMs, isMarkRequired } = listing;
    const settings = pipelineSettings(dependencies, pipeline);
    const handedOverMs = Math.min(now(), Context.current().info.scheduledTimestampMs);
    const nowMs = handedOverMs - tookMs;
    return await compareAndRegister(
      dependencies,
      { settings: { ...settings, requireMarkedDone: settings.requireMarkedDone || isMarkRequired }, sourceId, nowMs },
      files.map((file) => ({ ...file, modifiedAtMs: nowMs - (lookedAtMs - file.modifiedAtMs) })),
    );
  }

  async function readBackfillRoom({ pipeline, sourceId }: AgentInput): Promise<BackfillRoom> {
    await requirePipeline(dependencies, pipeline);
    const settings = pipelineSettings(dependencies, pipeline);
    return { roomFiles: await waitForRoom(dependencies, { settings, sourceId }), settings: settings.scanSettings };
  }

  async function registerChosen(input: RegisterChosenInput): Promise<ListBackfillResult> {
    const { pipeline, sourceId, chosen } = input;
    const settings = pipelineSettings(dependencies, pipeline);
    const files = (await Promise.all(chosen.pages.map((page) => readListingPage(exchange, input, page)))).flat();
    await registerPage(input, chosen, files);
    const { cursor, hasMore, problem, absent } = chosen;
    return {
      ...(await judgePage(dependencies, { pipeline, sourceId }, { files, absent })),
      ...{ cursor, hasMore, problem, matched: files.length + absent, settings: settings.scanSettings },
    };
  }

  async function admitForAgent(input: FileActivityInput): Promise<AdmitForAgentResult> {
    const admission = await admit(dependencies, pipelineSettings(dependencies, input.pipeline), input);
    if (admission.kind === 'settled') return { ...(await describeAdmission(sink, input, admission)), file: null };
    const { row, plan, planDigest } = admission;
    await exchange.put(planName(row.sourceId, { ...input, planDigest }), Buffer.from(planText(plan)));
    // Counted before its workflow was lost, say.
    await partials.takeIn({ ...row, planDigest });
    const { sourceKey, generation, sizeBytes } = row;
    return { ...(await describeAdmission(sink, input, admission)), file: { sourceKey, generation, sizeBytes } };
  }

  async function handOver(input: FileActivityInput): Promise<HandOverResult> {
    const settings = pipelineSettings(dependencies, input.pipeline);
    const row = await requireFile(dependencies, input);
    if (row.version !== input.version) throw fencedFile(row, input.version);
    if (row.state === 'counting' && row.planDigest !== null) await partials.takeIn({ ...row, planDigest: row.planDigest });
    return await new HandOver(dependencies, watch, settings, input).run(row);
  }

  return {
    readScanSettings: (input) => scanning.readScanSettings(input),
    nextFiles: (input) => scanning.nextFiles(input),
    reportIncompleteScan: (input) => scanning.reportIncompleteScan(input),
    watchFiles: (input) => scanning.watchFiles(input),
    registerListing: translated((input) => heartbeating(() => registerListing(input)), metrics.failed),
    readBackfillRoom: translated((input) => heartbeating(() => readBackfillRoom(input)), metrics.failed),
    registerChosen: translated((input) => heartbeating(() => registerChosen(input)), metrics.failed),
    admitForAgent: translated((input) => heartbeating(() => admitForAgent(input)), metrics.failed),
    replacePlan: translated(async ({ spanningRecord, splitIndex, planDigest, ...input }) => {
      const settings = pipelineSettings(dependencies, input.pipeline);
      const file = await requireFile(dependencies, input);
      if (file.version !== input.version || file.plan === null) throw fencedFile(file, input.version);
      if (hasOtherPlan(file, { version: file.version, planDigest })) return replacedElsewhere(splitIndex);
      return await replacePlan(dependencies, { settings, file, plan: file.plan, planDigest, splitIndex }, spanningRecord);
    }, metrics.failed),
    setAside: translated(async ({ reason, detail, ...input }) => {
      const { pipeline, version } = input;
      const { fileId, sourceKey } = await requireFile(dependencies, input);
      if (!isQuarantineReason(reason)) throw new TallylineFailure('invariant_violated', `no file is set aside as ${reason}`);
      throw await setAside(dependencies, { pipeline, fileId, version, sourceKey }, { reason, detail });
    }, metrics.failed),
    handOver: translated((input) => heartbeating(() => handOver(input)), metrics.failed),
    cancelFile: translated((input) => cancelFile(dependencies, input), metrics.failed),
    reportAgentAway: translated(async ({ pipeline, sourceId, waitedMs }) => {
      const code = 'agent_away';
      Context.current().log.warn('work waits for an agent that takes none', { pipeline, sourceId, code, waitedMs });
      metrics.agentAway(pipeline);
      metrics.failed(code, pipeline);
    }, metrics.failed),
  };
}
