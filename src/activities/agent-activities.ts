/** What an agent does on the host that has the files: it lists and counts, and lays down in the exchange what it found. */
import type {
  AgentActivities,
  AgentListing,
  ChooseForIntakeInput,
  ChosenListing,
  CountForIntakeInput,
  CountForIntakeResult,
  ListForIntakeInput,
} from '../contracts/agent-types';
import { planName } from '../core/exchange-names';
import { TallylineFailure } from '../core/failures';
import type { Plan } from '../core/plan';
import { fileIdOf, sha256Hex } from '../kernel/digest';
import { translated } from './application-failure';
import { choosePage } from './backfill-listing';
import type { AgentDependencies, PipelineRuntime } from './dependencies';
import { ExchangeBooks } from './exchange-books';
import { heartbeating } from './heartbeating';
import { listStretch } from './list-stretch';
import { putListingPage } from './listing-pages';
import { pipelineRuntime } from './pipeline-runtime';
import { SplitAttempt } from './split-attempt';

export function createAgentActivities(dependencies: AgentDependencies): AgentActivities {
  const { exchange, metrics, now } = dependencies;

  async function listForIntake({ pipeline, sourceId, cursor, problem: before }: ListForIntakeInput): Promise<AgentListing> {
    const { source, requireMarkedDone: isMarkRequired } = ownSource(pipeline, sourceId);
    const lookedAtMs = now();
    const pages: string[] = [];
    let [listed, problem] = [0, before];
    const next = await listStretch(source, { cursor, now }, async (page) => {
      listed += page.files.length;
      problem ??= page.problem;
      if (page.files.length > 0) pages.push(await putListingPage(exchange, { pipeline, sourceId }, lookedAtMs, page.files));
    });
    return { cursor: next, problem, listed, lookedAtMs, tookMs: now() - lookedAtMs, isMarkRequired, pages };
  }

  async function chooseForIntake({ pipeline, sourceId, ...choice }: ChooseForIntakeInput): Promise<ChosenListing> {
    const runtime = ownSource(pipeline, sourceId);
    const lookedAtMs = now();
    await runtime.source.probe();
    const { files, absent, cursor, hasMore, problem } = await choosePage(dependencies, runtime, choice);
    const pages = files.length > 0 ? [await putListingPage(exchange, { pipeline, sourceId }, lookedAtMs, files)] : [];
    const isMarkRequired = runtime.requireMarkedDone;
    return { cursor, hasMore, problem, absent, listed: files.length, lookedAtMs, tookMs: now() - lookedAtMs, isMarkRequired, pages };
  }

  async function countForIntake(input: CountForIntakeInput): Promise<CountForIntakeResult> {
    const { pipeline, fileId, version, planDigest, splitIndex, heartbeat } = input;
    const runtime = pipelineRuntime(dependencies, pipeline);
    const { sourceId } = runtime.source;
    // Another volume may have this name now, or this pipeline another volume: its files are judged by nobody else.
    if (fileIdOf({ pipeline, sourceId, ...input.file }) !== fileId)
      throw new TallylineFailure('config_mismatch', `${input.file.sourceKey} is no file of source ${sourceId}, which this agent has`);
    const plan = await readPlan(sourceId, input);
    const books = new ExchangeBooks(exchange, sourceId, splitIndex);
    const target = { runtime, file: { ...input.file, fileId, version }, plan, planDigest, splitIndex, heartbeat };
    const counted = await new SplitAttempt(dependencies, target, books).run();
    return { ...counted, ...(books.spanningRecord !== undefined && { spanningRecord: books.spanningRecord }) };
  }

  /** By its own configuration this worker knows nothing of how the file is counted. */
  async function readPlan(sourceId: string, input: CountForIntakeInput): Promise<Plan> {
    const content = await exchange.read(planName(sourceId, input));
    // Canonical text, so that both digests are one.
    if (content !== null && sha256Hex(content) === input.planDigest) return JSON.parse(Buffer.from(content).toString('utf8')) as Plan;
    throw new TallylineFailure('exchange_lost', `the exchange has no plan ${input.planDigest} of ${input.file.sourceKey}`);
  }

  /** Whoever sends work here means the volume with this sourceId. */
  function ownSource(pipeline: string, sourceId: string): PipelineRuntime {
    const runtime = pipelineRuntime(dependencies, pipeline);
    if (runtime.source.sourceId === sourceId) return runtime;
    throw new TallylineFailure('config_mismatch', `this agent has source ${runtime.source.sourceId} of ${pipeline}, not ${sourceId}`);
  }

  return {
    listForIntake: translated((input) => heartbeating(() => listForIntake(input)), metrics.failed),
    chooseForIntake: translated((input) => heartbeating(() => chooseForIntake(input)), metrics.failed),
    countForIntake: translated(countForIntake, metrics.failed),
  };
}
