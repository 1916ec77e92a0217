/** Registers the search attributes. Idempotent; checked again at worker start, because file workflows cannot start without them. */
import type { ConnectionLike } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes';
import { TallylineFailure } from '../core/failures';

/** IndexedValueType of Temporal's API (temporal.api.enums.v1, common.proto). */
const INDEXED_VALUE_TYPES = { KEYWORD: 2, INT: 3 } as const;
const VISIBLE_TIMEOUT_MS = 30_000;
const POLL_MS = 100;

/** Returns the names that were added. Throws `temporal_unavailable` when they do not become visible. */
export async function setUpSearchAttributes(connection: ConnectionLike, namespace: string): Promise<readonly string[]> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return [];
  const searchAttributes = Object.fromEntries(
    SEARCH_ATTRIBUTES.filter(({ name }) => missing.includes(name)).map(({ name, type }) => [name, INDEXED_VALUE_TYPES[type]]),
  );
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  await waitUntilVisible(connection, namespace);
  return missing;
}

/** Throws temporal_unavailable: without them no file workflow can start. */
export async function requireSearchAttributes(connection: ConnectionLike, namespace: string): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return;
  const fact = `namespace ${namespace} lacks the search attributes ${missing.join(', ')}; run \`tallyline setup\``;
  throw new TallylineFailure('temporal_unavailable', fact);
}

async function missingSearchAttributes(connection: ConnectionLike, namespace: string): Promise<readonly string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return SEARCH_ATTRIBUTES.map(({ name }) => name).filter((name) => !(name in customAttributes));
}

async function waitUntilVisible(connection: ConnectionLike, namespace: string): Promise<void> {
  const endsAtMs = Date.now() + VISIBLE_TIMEOUT_MS;
  for (;;) {
    const missing = await missingSearchAttributes(connection, namespace);
    if (missing.length === 0) return;
    if (Date.now() >= endsAtMs) {
      throw new TallylineFailure(
        'temporal_unavailable',
        `the search attributes ${missing.join(', ')} did not become visible in namespace ${namespace}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
