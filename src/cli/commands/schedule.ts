import type { Command } from 'commander';
import { ScheduleNotFoundError, ScheduleOverlapPolicy, type Client, type ScheduleHandle } from '@temporalio/client';
import type { PipelineConfig } from '../../config/config';
import { TallylineFailure } from '../../core/failures';
import { applySchedule, applyVerifySchedule, scanScheduleHandle } from '../../workers/schedule';
import { withCommonOptions, type CommonOptions } from '../context';
import { loadPipeline } from '../load-pipeline';
import { outputOption, printRows, type OutputFormat } from '../print';
import { withTemporal } from '../with-temporal';

export function registerSchedule(program: Command): void {
  const schedule = program
    .command('schedule')
    .summary('when the source is scanned: apply, pause, resume, trigger, show')
    .description(
      "The pipeline's Temporal Schedule: when its source is scanned for new files. `tallyline up` applies it by itself.\n" +
        'Every verb needs a Temporal server and ends with 3 when none answers.',
    );
  withCommonOptions(schedule.command('apply'))
    .summary('create the schedule, or bring it in line with the configuration')
    .description(
      'Creates the schedule, or brings its timing in line with `schedule` of the configuration, and that of the verification with `verify`.\n' +
        'A paused one stays paused.\n\n' +
        '  tallyline schedule apply --pipeline usage',
    )
    .action((options: CommonOptions) =>
      onSchedule(options, async (_handle, client, pipeline) => {
        const outcome = await applySchedule(client, { pipeline: pipeline.name, sourceId: pipeline.source.id, timing: pipeline.schedule });
        await applyVerifySchedule(client, { pipeline: pipeline.name, everyMs: pipeline.verify.everyMs });
        process.stderr.write(`schedule ${outcome}\n`);
      }),
    );
  withCommonOptions(schedule.command('pause'))
    .summary('start no more scans')
    .description(
      'Starts no more scans until `tallyline schedule resume`. A scan and files that are under way go on.\n\n' +
        '  tallyline schedule pause --reason "the mount is being moved"',
    )
    .option('--reason <text>', 'a note that the Web UI shows', 'paused by tallyline')
    .action((options: CommonOptions & { reason: string }) => onSchedule(options, (handle) => handle.pause(options.reason)));
  withCommonOptions(schedule.command('resume'))
    .summary('scan again')
    .description(
      'Scans again at the configured times. What came while it was paused is found by the first scan.\n\n  tallyline schedule resume',
    )
    .action((options: CommonOptions) => onSchedule(options, (handle) => handle.unpause('resumed by tallyline')));
  withCommonOptions(schedule.command('trigger'))
    .summary('scan now, also while another scan runs')
    .description('Scans now, also while another scan runs or the schedule is paused. No file counts twice.\n\n  tallyline schedule trigger')
    .action((options: CommonOptions) => onSchedule(options, (handle) => handle.trigger(ScheduleOverlapPolicy.ALLOW_ALL)));
  withCommonOptions(schedule.command('show'))
    .summary('timing, state and the last scans')
    .description(
      'Shows the timing, whether it is paused, the next scan and the last ones. Ends with 2 when there is no schedule yet.\n\n' +
        '  tallyline schedule show --output json',
    )
    .addOption(outputOption(['table', 'json']))
    .action((options: CommonOptions & { output: OutputFormat }) => onSchedule(options, (handle) => show(handle, options.output)));
}

async function onSchedule(
  options: CommonOptions,
  work: (handle: ScheduleHandle, client: Client, pipeline: PipelineConfig) => Promise<unknown>,
): Promise<void> {
  const { config, pipeline } = loadPipeline(options);
  await withTemporal(config, async (client) => {
    const handle = scanScheduleHandle(client, { pipeline: pipeline.name, sourceId: pipeline.source.id });
    try {
      await work(handle, client, pipeline);
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      throw new TallylineFailure(
        'config_invalid',
        `there is no schedule ${handle.scheduleId} yet; create it with \`tallyline schedule apply\``,
      );
    }
  });
}

async function show(handle: ScheduleHandle, output: OutputFormat): Promise<void> {
  const { scheduleId, spec, state, info } = await handle.describe();
  const recent = info.recentActions.map((action) => action.scheduledAt.toISOString());
  const rows = [
    ['schedule', scheduleId],
    ['timing', spec.intervals?.map(({ every }) => `every ${every} ms`).join(', ') || JSON.stringify(spec.calendars ?? [])],
    ['state', state.paused ? `paused: ${state.note ?? ''}` : 'running'],
    ['next scan', info.nextActionTimes[0]?.toISOString() ?? 'none'],
    ['last scans', recent.slice(-5).join(', ') || 'none'],
    ['left out, because one was running', String(info.numActionsSkippedOverlap)],
    ['missed', String(info.numActionsMissedCatchupWindow)],
  ];
  printRows(output, ['', ''], rows, { scheduleId, spec, state, nextActionTimes: info.nextActionTimes, recentActions: recent });
}
