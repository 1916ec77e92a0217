import type { ExpectedStatus } from '../sinks/sink-expected';
import { printRows } from './print';

/** Nothing where nothing is missing. */
export function printExpected({ overdueFiles, overdue, silentSources, malformedManifests }: ExpectedStatus): void {
  if (overdueFiles + silentSources.length > 0) {
    const more = overdueFiles - overdue.length;
    process.stdout.write(`\nOVERDUE: expected by now, and not there${more > 0 ? ` (and ${more} files more)` : ''}\n`);
    const sources = silentSources.map(({ sourceId, sinceMs, everyMs }) => [
      'any new file',
      instant(sinceMs + everyMs),
      `source ${sourceId}`,
    ]);
    const files = overdue.map(({ sourceKey, manifestKey, dueMs }) => [sourceKey, instant(dueMs), `manifest ${manifestKey}`]);
    printRows('table', ['file', 'due', 'expected by'], [...sources, ...files], null);
  }
  if (malformedManifests.length === 0) return;
  process.stdout.write('\nMALFORMED: manifests that hold up files\n');
  const rows = malformedManifests.map(({ manifestKey, readMs, fault }) => [manifestKey, instant(readMs), fault]);
  printRows('table', ['manifest', 'last read', 'fault'], rows, null);
}

function instant(atMs: number): string {
  return new Date(atMs).toISOString();
}
