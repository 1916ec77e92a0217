/** The calls that change names, so that a test can let something happen between any two of them. Paths are byte strings. */
import { link, rename, unlink } from 'node:fs/promises';
import { toBytes } from './byte-path';

export interface FileCalls {
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

export const FILE_CALLS: FileCalls = {
  link: (from, to) => link(toBytes(from), toBytes(to)),
  rename: (from, to) => rename(toBytes(from), toBytes(to)),
  unlink: (path) => unlink(toBytes(path)),
};
