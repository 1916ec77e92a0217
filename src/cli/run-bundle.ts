/** Runs what the build bundled, with the bytecode that it kept beside it, so that V8 compiles nothing anew. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

type Load = (exports: object, require: NodeJS.Require, module: { exports: object }, filename: string, folder: string) => void;

const WRAPPER = ['(function (exports, require, module, __filename, __dirname) {', '\n})'] as const;
const DIGEST_BYTES = 32;

/** Gives the bytecode of all that has run by the time it is asked, to be kept in the file of bytecodePathOf. */
export function runBundle(path: string): () => Buffer {
  const source = readFileSync(path);
  const script = new Script(`${WRAPPER[0]}${source.toString('latin1')}${WRAPPER[1]}`, {
    filename: path,
    columnOffset: -WRAPPER[0].length,
    cachedData: readBytecode(path, source),
  });
  const module = { exports: {} };
  (script.runInThisContext() as Load)(module.exports, createRequire(path), module, path, dirname(path));
  return () => {
    const bytecode = script.createCachedData();
    return Buffer.concat([digestOf(source, bytecode), bytecode]);
  };
}

export function bytecodePathOf(path: string): string {
  return `${path}.bytecode`;
}

/**
 * None where it was made from another source, which V8 would tell by its length alone, or is damaged. What another version of V8 made, or
 * one with other options, V8 itself refuses and compiles as ever.
 */
function readBytecode(path: string, source: Buffer): Buffer | undefined {
  try {
    const kept = readFileSync(bytecodePathOf(path));
    const bytecode = kept.subarray(DIGEST_BYTES);
    return digestOf(source, bytecode).equals(kept.subarray(0, DIGEST_BYTES)) ? bytecode : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(source: Buffer, bytecode: Buffer): Buffer {
  return createHash('sha256').update(source).update(bytecode).digest();
}
