import type { Command } from 'commander';
import { ScheduleNotFoundError, ScheduleOverlapPolicy, type ScheduleHandle } from '@temporalio/client';
import { TallylineFailure } from '../../core/failures';
import { applySchedule, applyVerifySchedule, scanScheduleHandle } from '../../workers/schedule';
import { withCommonOptions, type CommonOptions } from '../context';
import { loadPipeline } from '../load-pipeline';
import { outputOption, printRows, type OutputFormat } from '../print';
import { sourceIdOf, withSource, type SourceChoice } from '../source-of';
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
        'A paused one stays paused. Where agents have the files each agent applies the schedule of its own source, and this one only that of\n' +
        'the verification.\n\n' +
        '  tallyline schedule apply --pipeline usage',
    )
    .action((options: CommonOptions) => apply(options));
  withSource(withCommonOptions(schedule.command('pause')))
    .summary('start no more scans')
    .description(
      'Starts no more scans until `tallyline schedule resume`. A scan and files that are under way go on.\n\n' +
        '  tallyline schedule pause --reason "the mount is being moved"',
    )
    .option('--reason <text>', 'a note that the Web UI shows', 'paused by tallyline')
    .action((options: ScheduleOptions & { reason: string }) => onSchedule(options, (handle) => handle.pause(options.reason)));
  withSource(withCommonOptions(schedule.command('resume')))
    .summary('scan again')
    .description(
      'Scans again at the configured times. What came while it was paused is found by the first scan.\n\n  tallyline schedule resume',
    )
    .action((options: ScheduleOptions) => onSchedule(options, (handle) => handle.unpause('resumed by tallyline')));
  withSource(withCommonOptions(schedule.command('trigger')))
    .summary('scan now, also while another scan runs')
    .description('Scans now, also while another scan runs or the schedule is paused. No file counts twice.\n\n  tallyline schedule trigger')
    .action((options: ScheduleOptions) => onSchedule(options, (handle) => handle.trigger(ScheduleOverlapPolicy.ALLOW_ALL)));
  withSource(withCommonOptions(schedule.command('show')))
    .summary('timing, state and the last scans')
    .description(
      'Shows the timing, whether it is paused, the next scan and the last ones. Ends with 2 when there is no schedule yet.\n\n' +
        '  tallyline schedule show --output json',
    )
    .addOption(outputOption(['table', 'json']))
    .action((options: ScheduleOptions & { output: OutputFormat }) => onSchedule(options, (handle) => show(handle, options.output)));
}

type ScheduleOptions = CommonOptions & SourceChoice;

async function apply(options: CommonOptions): Promise<void> {
  const { config, pipeline } = loadPipeline(options);
  const { name, source, schedule, verify } = pipeline;
  await withTemporal(config, async (client) => {
    await applyVerifySchedule(client, { pipeline: name, everyMs: verify.everyMs });
    if (source.kind === 'agent')
      return void process.stderr.write(`schedule of the verification applied; agents apply those of their scans\n`);
    const outcome = await applySchedule(client, { pipeline: name, sourceId: source.id, timing: schedule });
    process.stderr.write(`schedule ${outcome}\n`);
  });
}

async function onSchedule(options: ScheduleOptions, work: (handle: ScheduleHandle) => Promise<unknown>): Promise<void> {
  const { config, pipeline } = loadPipeline(options);
  const sourceId = sourceIdOf(pipeline, options);
  await withTemporal(config, async (client) => {
    const handle = scanScheduleHandle(client, { pipeline: pipeline.name, sourceId });
    try {
      await work(handle);
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      const how = pipeline.source.kind === 'agent' ? 'its agent applies it when it starts' : 'create it with `tallyline schedule apply`';
      throw new TallylineFailure('config_invalid', `there is no schedule ${handle.scheduleId} yet; ${how}`);
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
