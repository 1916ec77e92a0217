/** Defects that a sink or its state machine might have: each loses a file, bills one twice, or believes whom it should not. */
import type { FileEvent, FileRowState, Transition } from '../../src/core/file-row';
import { LedgerSink } from '../../src/sinks/ledger-sink';
import { readParts } from '../../src/sinks/operations/contribution-store';
import { Staging } from '../../src/sinks/operations/staging';
import type { ApplyInput, ApplyResult, MarkCountedResult, PutBlobResult } from '../../src/sinks/sink';
import type { FilesToStart, FilesToStartInput } from '../../src/sinks/sink-scan';
import type { Store } from '../../src/sinks/store';
import { PIPELINE } from '../contract/sink-driver';

export interface Defect {
  /** What the state machine answers instead of the truth, or null where it stays right. */
  readonly decide?: (row: FileRowState, event: FileEvent) => Transition | null;
  readonly openSink?: (store: Store) => LedgerSink;
  /** What is to be taken out of the totals stays there. */
  readonly takesNothingOut?: true;
}

function moved(row: FileRowState, change: Partial<FileRowState>): Transition {
  return { kind: 'moved', row: { ...row, reason: null, ...change } };
}

class AppliesAgain extends LedgerSink {
  constructor(private readonly tables: Store) {
    super(tables);
  }

  /** As if it did the same again because the answer was lost. */
  override async apply(input: ApplyInput): Promise<ApplyResult> {
    const query = { pipeline: PIPELINE, states: ['counted'], afterSequence: 0, limit: 100 } as const;
    const counted = await this.listFiles(query);
    try {
      return await super.apply(input);
    } catch (error) {
      await this.tables.transaction(async (transaction) => {
        const staging = new Staging(transaction, { pipeline: PIPELINE, closedThrough: '' });
        for (const row of await transaction.files.read(counted.map(({ fileId }) => fileId))) {
          if (row.state === 'in') await staging.addStored(0, 1, readParts(transaction, [row]));
        }
        await staging.merge();
      });
      throw error;
    }
  }
}

class BelievesZombies extends LedgerSink {
  override async putPartial(input: Parameters<LedgerSink['putPartial']>[0]): Promise<PutBlobResult> {
    const row = await this.readFile(input.fileId);
    return await super.putPartial({ ...input, version: row?.version ?? input.version });
  }
}

class CountsHalf extends LedgerSink {
  constructor(private readonly tables: Store) {
    super(tables);
  }

  override async markCounted(input: Parameters<LedgerSink['markCounted']>[0]): Promise<MarkCountedResult> {
    const result = await super.markCounted(input);
    if (result.outcome !== 'incomplete') return result;
    await this.tables.transaction(async (transaction) => {
      const rows = await transaction.files.lock([input.fileId]);
      await transaction.files.update(rows.map((row) => ({ ...row, state: 'counted' })));
    });
    return { outcome: 'counted' };
  }
}

class StartsOnlyNewFiles extends LedgerSink {
  override async filesToStart(input: FilesToStartInput): Promise<FilesToStart> {
    const found = await super.filesToStart(input);
    return { ...found, files: found.files.filter(({ version }) => version === 1) };
  }
}

export const DEFECTS: Readonly<Record<string, Defect>> = {
  'a release never brings a file back': {
    decide: (row, { kind }) =>
      kind === 'release' && row.state === 'quarantined' ? moved(row, { version: row.version + 1, reason: row.reason }) : null,
  },
  'a recount of a file that is out ends as superseded': {
    decide: (row, { kind }) =>
      kind === 'recount' && row.state === 'out' ? moved(row, { version: row.version + 1, state: 'superseded' }) : null,
  },
  'a recount of a file that is superseded ends as alias': {
    decide: (row, { kind }) =>
      kind === 'recount' && row.state === 'superseded' ? moved(row, { version: row.version + 1, state: 'alias' }) : null,
  },
  'a file that is in is set aside': {
    decide: (row, event) =>
      event.kind === 'quarantine' && row.state === 'in' && event.version === row.version
        ? moved(row, { state: 'quarantined', reason: event.reason })
        : null,
  },
  'a late fault of a reader sets aside a file that is counted': {
    decide: (row, event) =>
      event.kind === 'quarantine' && row.state === 'counted' && event.version === row.version && event.reason === 'changed'
        ? moved(row, { state: 'quarantined', reason: event.reason })
        : null,
  },
  'a partial that is missing again and again is never given up': {
    decide: (row, { kind }) => (kind === 'partialMissing' && row.state === 'counted' ? moved(row, { state: 'counting' }) : null),
  },
  'an apply whose answer was lost is added again': { openSink: (store) => new AppliesAgain(store) },
  'a recount is added to what it should replace': { takesNothingOut: true },
  'a late partial of a zombie is accepted under another version': { openSink: (store) => new BelievesZombies(store) },
  'a file is counted without all of its splits': { openSink: (store) => new CountsHalf(store) },
  'a file that was taken up anew is never started': { openSink: (store) => new StartsOnlyNewFiles(store) },
};
