import { canonicalJson } from '../../src/core/canonical-json';
import { fileIdentity, fileWorkflowId, planText } from '../../src/core/ids';
import { makePlan } from '../../src/core/plan';
import { DEFAULT_COMPRESSION } from '../../src/core/compression';
import { DEFAULT_FORMAT } from '../../src/core/format';
import { fileIdOf, planDigestOf, sha256Hex } from '../../src/kernel/digest';
import { failureCode } from '../helpers/failure-code';

test('canonical JSON sorts names at every depth and leaves out what is undefined', () => {
  expect(canonicalJson({ b: [2, { d: null, c: 'x' }], a: true, e: undefined })).toBe('{"a":true,"b":[2,{"c":"x","d":null}]}');
});

test.each([1n, Number.NaN, Infinity, () => 1, undefined])('canonical JSON refuses %p', (value) => {
  expect(failureCode(() => canonicalJson([value]))).toBe('invariant_violated');
});

test('parts of a file identity cannot run into each other', () => {
  const texts = [
    { pipeline: 'a', sourceId: 'b', sourceKey: 'c', generation: 'd' },
    { pipeline: 'a","b', sourceId: '', sourceKey: 'c', generation: 'd' },
    { pipeline: 'a', sourceId: 'b","c', sourceKey: '', generation: 'd' },
    { pipeline: 'ab', sourceId: '', sourceKey: 'c', generation: 'd' },
  ].map(fileIdentity);
  expect(new Set(texts).size).toBe(texts.length);
});

test('a fileId is 32 hex digits of the identity and ignores other members', () => {
  const file = { pipeline: 'p', sourceId: 's', sourceKey: 'k', generation: 'g' };
  expect(fileIdOf({ ...file, sizeBytes: 5 } as typeof file)).toBe(sha256Hex('["file","p","s","k","g"]').slice(0, 32));
});

test('a plan digest does not depend on the order of members, but on every value', () => {
  const plan = makePlan({
    format: DEFAULT_FORMAT,
    compression: DEFAULT_COMPRESSION,
    periodRule: { kind: 'none' },
    sizeBytes: 9,
    splitBytes: 4,
    sourceKey: '',
    firstSeenMs: 0,
  });
  const shuffled = Object.fromEntries(Object.entries(plan).reverse()) as unknown as typeof plan;
  expect(planDigestOf(shuffled)).toBe(planDigestOf(plan));
  expect(planText({ ...plan, sizeBytes: 10 })).not.toBe(planText(plan));
  expect(fileWorkflowId('p', 'f', 2)).toBe('file:p:f:2');
});
