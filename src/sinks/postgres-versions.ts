/** File versions handed over as JSON, under the name `given`. */
import { Columns, lookUp, rowsAsJson } from './postgres-columns';
import type { FileVersion } from './sink';

export const GIVEN_VERSIONS = new Columns({ fileId: ['file_id', 'text'], version: ['version', 'int'] }).given('$1');

export function versionsAsJson(files: readonly FileVersion[]): string {
  return rowsAsJson(files.map(({ fileId, version }) => ({ fileId, version })));
}

/** For FROM: their rows of a table, under the name `found`. */
export function lookUpVersions(table: string): string {
  return lookUp(GIVEN_VERSIONS, table, 'file_id = given."fileId" AND version = given.version');
}
