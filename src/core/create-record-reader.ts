import { CsvReader } from './csv-reader';
import { DelimitedReader } from './delimited-reader';
import { assertInvariant } from './failures';
import type { Format } from './format';
import type { RecordReader } from './record-reader';

/**
 * `header`: the file's first line without its LF and the CR before it, where the format has one (`hasHeader`), else null.
 * Throws header_unknown.
 */
export function createRecordReader(format: Format, header: Uint8Array | null): RecordReader {
  if (format.kind === 'delimited') return new DelimitedReader(format);
  assertInvariant(header !== null, 'a CSV file is read without its header');
  return new CsvReader(format, header);
}
