/** A file that a generator writes, or with --check only holds against what lies there. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Returns false if the file differs and only a check was asked for; `shown` and `remedy` stand in what is said then. */
export function putGenerated(path, text, shown, remedy) {
  if (!process.argv.includes('--check')) {
    mkdirSync(new URL('.', path), { recursive: true });
    writeFileSync(path, text);
    return true;
  }
  const isSame = read(path) === text;
  if (!isSame) console.error(`${shown} is not up to date: ${remedy}`);
  return isSame;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
