import { Context } from '@temporalio/activity';
import type { ActivityDependencies } from './dependencies';

/** Tells when files did not come in time: whenever that changes, not with every scan. Gauges tell of it all the time. */
export class OverdueAlert {
  private readonly told = new Map<string, string>();

  constructor(private readonly dependencies: ActivityDependencies) {}

  async check(pipeline: string): Promise<void> {
    const { sink, metrics, now } = this.dependencies;
    const { overdueFiles, overdue, silentSources } = await sink.readExpected({ pipeline, nowMs: now() });
    const state = JSON.stringify([overdueFiles, overdue, silentSources]);
    if (this.told.get(pipeline) === state) return;
    this.told.set(pipeline, state);
    if (overdueFiles === 0 && silentSources.length === 0) return;
    const named = overdue.map(({ sourceKey, manifestKey, dueMs }) => `${sourceKey}, due ${new Date(dueMs).toISOString()} (${manifestKey})`);
    const silent = silentSources.map(({ sourceId, sinceMs }) => `nothing new of ${sourceId} since ${new Date(sinceMs).toISOString()}`);
    const fields = { pipeline, code: 'file_overdue', files: overdueFiles, sources: silentSources.length, named: [...silent, ...named] };
    Context.current().log.warn('expected files did not come in time', fields);
    metrics.failed('file_overdue', pipeline);
  }
}
