/** One connection for the length of one transaction, with its errors under Tallyline's codes. */
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { types, type CustomTypesConfig, type PoolClient, type QueryResult } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { TallylineFailure } from '../core/failures';
import {
  POSTGRES_ANSWER_GRACE_MS,
  POSTGRES_MERGE_TIMEOUT_MS,
  POSTGRES_ROLLBACK_TIMEOUT_MS,
  POSTGRES_STATEMENT_TIMEOUT_MS,
} from '../core/limits';
import { commitUnknown, isServerError, translateCommitError, translatePostgresError } from './postgres-failure';

export type PostgresValue =
  string | number | bigint | boolean | Uint8Array | null | readonly (string | number | bigint | Uint8Array | null)[];
export type PostgresRow = Readonly<Record<string, unknown>>;

/** look: it only reads. */
export type TransactionMode = 'change' | 'look';

const NUMBERS = integersAs(Number);
const BIGINTS = integersAs(BigInt);

export class PostgresConnection {
  private readonly warnings: string[] = [];
  private lost: unknown;
  private readonly onError = (error: unknown) => (this.lost ??= error);
  private readonly onNotice = ({
    severity,
    message = 'a warning',
  }: {
    readonly severity?: string | undefined;
    readonly message?: string | undefined;
  }) => {
    if (severity === 'WARNING') this.warnings.push(message);
  };

  constructor(
    private readonly client: PoolClient,
    /** Names the server in messages. */
    readonly place: string,
    private readonly mode: TransactionMode,
  ) {
    client.on('error', this.onError);
    client.on('notice', this.onNotice);
  }

  get isLost(): boolean {
    return this.lost !== undefined;
  }

  /** What a SELECT ends with to lock its rows. Who only looks sees one instant, in which nothing changes. */
  locking(clause: 'FOR UPDATE' | 'FOR NO KEY UPDATE' | 'FOR KEY SHARE'): string {
    return this.mode === 'look' ? '' : clause;
  }

  /** Rows as the statement names their columns; integers are numbers. The caller says the type of what it selects. */
  async rows(sql: string, values: readonly PostgresValue[] = []): Promise<readonly PostgresRow[]> {
    return (await this.send(sql, values, NUMBERS)).rows as PostgresRow[];
  }

  /** As rows, with integers of 64 bits as bigint. */
  async exactRows(sql: string, values: readonly PostgresValue[]): Promise<readonly PostgresRow[]> {
    return (await this.send(sql, values, BIGINTS)).rows as PostgresRow[];
  }

  /** Answers how many rows changed. */
  async run(sql: string, values: readonly PostgresValue[] = []): Promise<number> {
    return (await this.send(sql, values, NUMBERS)).rowCount ?? 0;
  }

  /** As rows, for a statement that takes long in proportion to what it is given. */
  async rowsLong(sql: string, values: readonly PostgresValue[]): Promise<readonly PostgresRow[]> {
    await this.execute(`SET LOCAL statement_timeout = ${POSTGRES_MERGE_TIMEOUT_MS}`);
    const { rows } = await this.send(sql, values, NUMBERS, POSTGRES_MERGE_TIMEOUT_MS);
    await this.execute(`SET LOCAL statement_timeout = ${POSTGRES_STATEMENT_TIMEOUT_MS}`);
    return rows as PostgresRow[];
  }

  /** Statements without parameters, one or many, in one message. */
  async execute(sql: string, timeoutMs?: number): Promise<readonly PostgresRow[]> {
    const results = await this.sendText(sql, timeoutMs);
    return (results.at(-1)?.rows ?? []) as PostgresRow[];
  }

  /** `sql` is a COPY … FROM STDIN. */
  async copyIn(sql: string, chunks: Iterable<Uint8Array>): Promise<void> {
    this.requireAlive();
    await this.translated(() => pipeline(Readable.from(chunks, { objectMode: false }), this.client.query(copyFrom(sql))));
  }

  /** The changes of `work` are taken back when it throws, and the transaction goes on. */
  async within<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.execute('SAVEPOINT before_work');
    try {
      const result = await work();
      await this.execute('RELEASE SAVEPOINT before_work');
      return result;
    } catch (error) {
      if (this.lost === undefined) await this.execute('ROLLBACK TO SAVEPOINT before_work; RELEASE SAVEPOINT before_work');
      throw error;
    }
  }

  /**
   * Throws commit_unknown when it is not known whether the changes are there: from the moment that the message is on its way, only an
   * answer of the server counts. A warning means that no standby has confirmed the commit; then it can be lost with the server.
   */
  async commit(timeoutMs: number): Promise<void> {
    this.requireAlive();
    this.warnings.length = 0;
    // A statement timeout would end only the wait for the standby, and leave the commit.
    const message = 'SET LOCAL statement_timeout = 0; COMMIT';
    const results = await this.sendText(message, timeoutMs).catch((error: unknown) => {
      throw translateCommitError(causeOf(error), this.place);
    });
    const [warning] = this.warnings;
    if (warning !== undefined) throw commitUnknown(this.place, warning);
    const { command } = results.at(-1) ?? {};
    if (command !== 'COMMIT') throw new TallylineFailure('sink_unavailable', `${this.place}: a commit was answered by ${String(command)}`);
  }

  /** Takes back what was not committed, and gives the connection back, or ends it when it cannot be used any more. */
  async rollBack(): Promise<void> {
    if (this.isLost) return this.release(true);
    const failed = await this.sendText('ROLLBACK', POSTGRES_ROLLBACK_TIMEOUT_MS).then(
      () => false,
      () => true,
    );
    this.release(failed);
  }

  /** Gives the connection back, or ends it. */
  release(isBroken: boolean): void {
    this.client.off('notice', this.onNotice);
    this.client.release(isBroken || this.lost !== undefined);
    this.client.off('error', this.onError);
  }

  private async send(
    text: string,
    values: readonly PostgresValue[],
    integers: CustomTypesConfig,
    serverTimeoutMs = POSTGRES_STATEMENT_TIMEOUT_MS,
  ): Promise<QueryResult> {
    this.requireAlive();
    const query = { text, values: [...values], types: integers, query_timeout: serverTimeoutMs + POSTGRES_ANSWER_GRACE_MS };
    return await this.translated(() => this.client.query(query));
  }

  private async sendText(
    text: string,
    timeoutMs = POSTGRES_STATEMENT_TIMEOUT_MS + POSTGRES_ANSWER_GRACE_MS,
  ): Promise<readonly QueryResult[]> {
    const query = { text, types: NUMBERS, query_timeout: timeoutMs };
    const result: unknown = await this.translated(() => this.client.query(query));
    return (Array.isArray(result) ? result : [result]) as QueryResult[];
  }

  private requireAlive(): void {
    if (this.lost !== undefined) throw translatePostgresError(this.lost, this.place);
  }

  private async translated<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      // A query that was given up still holds the connection, and its answer would be taken for that of the next one.
      if (!isServerError(error) || error.severity !== 'ERROR') this.lost ??= error;
      throw translatePostgresError(error, this.place);
    }
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof TallylineFailure ? (error.cause ?? error) : error;
}

type TypeId = Parameters<typeof types.getTypeParser>[0];

function integersAs(parse: (text: string) => unknown): CustomTypesConfig {
  const getTypeParser = (id: TypeId): unknown => (id === types.builtins.INT8 ? parse : types.getTypeParser(id));
  return { getTypeParser };
}
