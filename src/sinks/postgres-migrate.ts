import { TallylineFailure } from '../core/failures';
import type { PostgresConnection } from './postgres-connection';
import { quoteSchema, type PostgresSinkOptions } from './postgres-options';
import { MIGRATIONS } from './postgres-schema';
import { VIEWS } from './postgres-views';

type Options = Pick<PostgresSinkOptions, 'schema' | 'mustExist'>;

/**
 * Brings the schema to the newest version within the transaction of the connection; two that start at once wait for each other. A role
 * that may create nothing is enough where there is nothing to do.
 * Throws sink_refused for a schema newer than this, sink_unavailable for one that must exist and does not.
 */
export async function migrate(connection: PostgresConnection, { schema, mustExist = false }: Options): Promise<void> {
  if (isNewest(await readVersion(connection, schema), connection, schema)) return;
  if (mustExist) {
    throw new TallylineFailure(
      'sink_unavailable',
      `${connection.place}: schema ${schema} holds no tables of this version of Tallyline: \`tallyline setup\` creates them, ` +
        'or the database or the schema of the configuration is not the one that counted',
    );
  }
  await connection.rows('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`tallyline ${schema}`]);
  const version = await readVersion(connection, schema);
  if (isNewest(version, connection, schema)) return;
  if (version === 0) await create(connection, schema);
  for (const migration of MIGRATIONS.slice(version)) await connection.execute(migration);
  await connection.execute(VIEWS);
  await connection.run('UPDATE schema_version SET version = $1', [MIGRATIONS.length]);
}

function isNewest(version: number, { place }: PostgresConnection, schema: string): boolean {
  if (version > MIGRATIONS.length) {
    const fact = `${place}: schema ${schema} has version ${version}, and this Tallyline knows ${MIGRATIONS.length}`;
    throw new TallylineFailure('sink_refused', fact);
  }
  return version === MIGRATIONS.length;
}

/** 0 where there is nothing. Asks the catalogue itself: to_regclass may answer from before the wait for the lock. */
async function readVersion(connection: PostgresConnection, schema: string): Promise<number> {
  const sql = `SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $1 AND relname = 'schema_version'`;
  if ((await connection.rows(sql, [schema])).length === 0) return 0;
  const [row] = await connection.rows(`SELECT version FROM ${quoteSchema(schema)}.schema_version`);
  return row?.['version'] as number;
}

async function create(connection: PostgresConnection, schema: string): Promise<void> {
  const found = await connection.rows('SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
  // Where the schema was made for it, the role need not be allowed to create one.
  if (found.length === 0) await connection.execute(`CREATE SCHEMA ${quoteSchema(schema)}`);
  await connection.execute(`CREATE TABLE schema_version (
    only_row BOOLEAN PRIMARY KEY DEFAULT true CHECK (only_row), version INT NOT NULL);
    INSERT INTO schema_version (version) VALUES (0)`);
}
