/** The ledger and its postings: append-only. */
import { Columns, rowsAsJson } from './postgres-columns';
import type { PostgresConnection } from './postgres-connection';
import type { LedgerEntry } from './sink';
import type { LedgerTable, Posting, PostingTable } from './store';

const ENTRY = new Columns({
  number: ['number', 'bigint'],
  kind: ['kind', 'text'],
  fileId: ['file_id', 'text'],
  version: ['version', 'int'],
  period: ['period', 'text'],
  by: ['made_by', 'text'],
  reason: ['reason', 'text'],
  atMs: ['at_ms', 'bigint'],
});

export function postgresLedger(connection: PostgresConnection): LedgerTable {
  return {
    insert: async (pipeline, entries) => {
      if (entries.length === 0) return;
      const sql = `INSERT INTO ledger_entries (pipeline, ${ENTRY.names}) SELECT $2, ${ENTRY.values} FROM ${ENTRY.given('$1')}`;
      await connection.run(sql, [rowsAsJson(entries), pipeline]);
    },
    page: async (pipeline, afterNumber, limit) => {
      const sql = `SELECT ${ENTRY.selected} FROM ledger_entries WHERE pipeline = $1 AND number > $2 ORDER BY number LIMIT $3`;
      return (await connection.rows(sql, [pipeline, afterNumber, limit])) as unknown as LedgerEntry[];
    },
    ofFiles: async (pipeline, fileIds) => {
      const sql = `SELECT ${ENTRY.selected} FROM ledger_entries WHERE pipeline = $1 AND file_id = ANY($2) ORDER BY number`;
      return (await connection.rows(sql, [pipeline, fileIds])) as unknown as LedgerEntry[];
    },
    ofKind: async (pipeline, kind) => {
      const sql = `SELECT ${ENTRY.selected} FROM ledger_entries WHERE pipeline = $1 AND kind = $2 ORDER BY number`;
      return (await connection.rows(sql, [pipeline, kind])) as unknown as LedgerEntry[];
    },
    lastNumberBefore: async (pipeline, beforeMs) => {
      const sql = 'SELECT coalesce(max(number), 0) AS number FROM ledger_entries WHERE pipeline = $1 AND at_ms < $2';
      return (await connection.rows(sql, [pipeline, beforeMs]))[0]?.['number'] as number;
    },
  };
}

const POSTING = new Columns({
  number: ['number', 'bigint'],
  fileId: ['file_id', 'text'],
  version: ['version', 'int'],
  ofPeriod: ['of_period', 'text'],
  period: ['period', 'text'],
  sign: ['sign', 'int'],
});
const POSTING_ORDER = 'number, file_id, version, of_period, sign';

export function postgresPostings(connection: PostgresConnection): PostingTable {
  return {
    insert: async (pipeline, rows) => {
      if (rows.length === 0) return;
      const sql = `INSERT INTO postings (pipeline, ${POSTING.names}) SELECT $2, ${POSTING.values} FROM ${POSTING.given('$1')}`;
      await connection.run(sql, [rowsAsJson(rows), pipeline]);
    },
    page: async (pipeline, after, limit) => {
      const behind = after === null ? '' : `AND (${POSTING_ORDER}) > ($3, $4, $5, $6, $7)`;
      const sql = `SELECT ${POSTING.selected} FROM postings WHERE pipeline = $1 ${behind} ORDER BY ${POSTING_ORDER} LIMIT $2`;
      const values = after === null ? [] : [after.number, after.fileId, after.version, after.ofPeriod, after.sign];
      return (await connection.rows(sql, [pipeline, limit, ...values])) as unknown as Posting[];
    },
    ofFiles: async (pipeline, fileIds) => {
      const sql = `SELECT ${POSTING.selected} FROM postings WHERE pipeline = $1 AND file_id = ANY($2) ORDER BY ${POSTING_ORDER}`;
      return (await connection.rows(sql, [pipeline, fileIds])) as unknown as Posting[];
    },
  };
}
