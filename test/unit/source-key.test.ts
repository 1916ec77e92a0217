import { escapeBytes, unescapeBytes } from '../../src/core/source-key';
import { failureCode } from '../helpers/failure-code';

describe('escapeBytes', () => {
  test.each([
    ['usage/2026 é💰.txt', 'usage/2026 é💰.txt'],
    ['a\\b', 'a\\\\b'],
    ['a\nb\x7f', 'a\\x0ab\\x7f'],
    ['\u0085', '\\xc2\\x85'],
    ['\u2028\u2029', '\\xe2\\x80\\xa8\\xe2\\x80\\xa9'],
    ['\u202e\u2066\u200f\u061c', '\\xe2\\x80\\xae\\xe2\\x81\\xa6\\xe2\\x80\\x8f\\xd8\\x9c'],
  ])('%j becomes %j', (text, escaped) => {
    expect(escapeBytes(Buffer.from(text))).toBe(escaped);
  });

  test.each([
    [[0xff, 0x41], '\\xffA'],
    [[0xdc], '\\xdc'],
    [[0xc0, 0x80], '\\xc0\\x80'],
    [[0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
    [[0xe2, 0x82], '\\xe2\\x82'],
    [[0xf4, 0x90, 0x80, 0x80], '\\xf4\\x90\\x80\\x80'],
  ])('invalid UTF-8 %j is kept byte by byte', (bytes, escaped) => {
    expect(escapeBytes(Uint8Array.from(bytes))).toBe(escaped);
    expect([...unescapeBytes(escaped)]).toEqual(bytes);
  });
});

test.each(['a\\', '\\x', '\\x4', '\\x4G', '\\xAB', '\\n', '\ud800', 'a\udc00b'])('%j is refused as malformed', (text) => {
  expect(failureCode(() => unescapeBytes(text))).toBe('unknown_file');
});
