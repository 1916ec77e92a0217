import { TallylineFailure } from '../../../src/core/failures';
import { createLogger } from '../../../src/observability/logger';

function record(environment: Record<string, string> = {}) {
  const lines: string[] = [];
  const logger = createLogger(environment, { write: (line: string) => void lines.push(line) });
  return { logger, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('a line is one JSON object with level, time, message and fields', () => {
  const { logger, lines, parsed } = record();
  logger.info('file counted', { workflowId: 'file:usage:f1:1', fileId: 'f1', sourceKey: 'a\\x0ab' });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.endsWith('\n')).toBe(true);
  expect(parsed()[0]).toMatchObject({
    level: 'info',
    msg: 'file counted',
    workflowId: 'file:usage:f1:1',
    fileId: 'f1',
    sourceKey: 'a\\x0ab',
  });
  expect(parsed()[0]?.['time']).toMatch(/^\d{4}-\d{2}-\d{2}T.*Z$/);
});

test('a field cannot forge a second line', () => {
  const { logger, lines } = record();
  logger.warn('odd\nname', { sourceKey: 'a\n{"level":"error"}' });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd()).not.toContain('\n');
});

test('a child adds its fields to every line', () => {
  const { logger, parsed } = record();
  logger.child({ pipeline: 'usage' }).child({ workflowId: 'scan:usage:in' }).error('listing failed', { attempt: 2 });
  expect(parsed()[0]).toMatchObject({ level: 'error', pipeline: 'usage', workflowId: 'scan:usage:in', attempt: 2 });
});

test('secrets are hidden', () => {
  const { logger, lines } = record();
  logger.info('connecting', { password: 'hunter2', connection: { token: 'hunter2', address: 'db:5432' }, secretAccessKey: 'hunter2' });
  expect(lines[0]).not.toContain('hunter2');
  expect(lines[0]).toContain('db:5432');
});

test('a failure on purpose is logged by its code and fact', () => {
  const { logger, parsed } = record();
  logger.error('scan failed', { error: new TallylineFailure('source_unavailable', 'the root is gone', { cause: new Error('ENOENT') }) });
  expect(parsed()[0]?.['error']).toEqual({ code: 'source_unavailable', fact: 'the root is gone', cause: 'Error: ENOENT' });
});

test('any other error is logged with its stack, and what is no error as it is', () => {
  const { logger, parsed } = record();
  logger.error('broken', { error: new TypeError('no such thing') });
  logger.error('broken', { error: 'text' });
  expect(parsed()[0]?.['error']).toMatchObject({
    name: 'TypeError',
    message: 'no such thing',
    stack: expect.stringContaining('logger.test'),
  });
  expect(parsed()[1]?.['error']).toBe('text');
});

test('TALLYLINE_LOG_LEVEL sets the least level, and a level that does not exist is refused', () => {
  const { logger, lines } = record({ TALLYLINE_LOG_LEVEL: 'warn' });
  logger.info('left out');
  logger.warn('kept');
  expect(lines).toHaveLength(1);
  const debug = record({ TALLYLINE_LOG_LEVEL: 'debug' });
  debug.logger.debug('kept');
  expect(debug.lines).toHaveLength(1);
  expect(() => createLogger({ TALLYLINE_LOG_LEVEL: 'loud' })).toThrow(
    'TALLYLINE_LOG_LEVEL cannot be "loud"; allowed: debug, info, warn, error',
  );
});
