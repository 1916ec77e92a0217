/**
 * A development server outlives a `tallyline up` that was killed (SIGKILL, out of memory) and holds port and database. The next start
 * finds it by the file that names it, and ends it: its workflows go on in the new one, from the same database.
 */
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { TallylineFailure } from '../core/failures';

const END_TIMEOUT_MS = 10_000;
const POLL_MS = 50;
const PS_TIMEOUT_MS = 5_000;

interface ServerNote {
  readonly pid: number;
  readonly parentPid: number;
}

export async function noteServer(databasePath: string, note: ServerNote): Promise<void> {
  await writeFile(notePath(databasePath), JSON.stringify(note));
}

export async function forgetServer(databasePath: string): Promise<void> {
  await rm(notePath(databasePath), { force: true });
}

/** Throws `temporal_unavailable` when the process that started the server still runs, or the server does not end. */
export async function endOrphanedServer(databasePath: string): Promise<void> {
  const note = await readNote(databasePath);
  const found = note && (await describeProcess(note.pid));
  // Another process may have the number by now.
  if (!found?.commandLine.includes(databasePath)) return;
  if (found.parentPid === note?.parentPid) {
    throw new TallylineFailure(
      'temporal_unavailable',
      `process ${found.parentPid} runs a Temporal server on ${databasePath} already, and two on one database would damage it. ` +
        'Stop that `tallyline up` first, or give this one a sink path of its own',
    );
  }
  await endProcess(found.pid);
}

function notePath(databasePath: string): string {
  return `${databasePath}.server.json`;
}

async function readNote(databasePath: string): Promise<ServerNote | null> {
  try {
    const { pid, parentPid } = JSON.parse(await readFile(notePath(databasePath), 'utf8')) as Partial<ServerNote>;
    return typeof pid === 'number' && typeof parentPid === 'number' ? { pid, parentPid } : null;
  } catch {
    // None yet, or one that was cut off while it was written.
    return null;
  }
}

interface ProcessDescription extends ServerNote {
  readonly commandLine: string;
}

/** Null when there is no such process. */
async function describeProcess(pid: number): Promise<ProcessDescription | null> {
  try {
    if (process.platform === 'linux') {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // The name before it, in parentheses, may hold anything.
      const [state, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const commandLine = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
      return state === 'Z' ? null : { pid, parentPid: Number(parentPid), commandLine };
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=,args=', '-p', String(pid)], { timeout: PS_TIMEOUT_MS });
    const [parentPid = '', ...words] = stdout.trim().split(/\s+/);
    return { pid, parentPid: Number(parentPid), commandLine: words.join(' ') };
  } catch {
    return null;
  }
}

async function endProcess(pid: number): Promise<void> {
  const endsAtMs = Date.now() + END_TIMEOUT_MS;
  send(pid, 'SIGTERM');
  while (await describeProcess(pid)) {
    if (Date.now() >= endsAtMs + END_TIMEOUT_MS)
      throw new TallylineFailure('temporal_unavailable', `an earlier Temporal server, process ${pid}, does not end`);
    if (Date.now() >= endsAtMs) send(pid, 'SIGKILL');
    await sleep(POLL_MS);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}
