/**
 * The compiled part of the fuzzer is linked with glibc 2.38 and the C++ library of GCC 13, of which it uses no more than three symbols:
 * two that older libraries have under another name, and one that is never called. In the copy below .tallyline they are asked for so
 * that an older library will do.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const NEEDED_GLIBC = 2.38;
const NEWER_VERSIONS = ['GLIBC_2.38', 'GLIBCXX_3.4.32'];
const NEW_NAME_OF_OLD = '__isoc23_';
const NEVER_CALLED = '_ZSt21ios_base_library_initv';

// Of the ELF format, 64 bits, least significant byte first.
const SECTION_BYTES = 64;
const SYMBOL_BYTES = 24;
const DYNAMIC_SYMBOLS = 11;
const VERSIONS_OF_SYMBOLS = 0x6fffffff;
const VERSIONS_NEEDED = 0x6ffffffe;
const ANY_VERSION = 1;
const IS_WEAK_VERSION = 2;
const WEAK = 2 << 4;

/** Changes the file where this machine has an older glibc; once changed it stays as it is. */
export function suitOlderGlibc(path) {
  const glibc = process.report.getReport().header.glibcVersionRuntime;
  if (glibc === undefined || Number(glibc) >= NEEDED_GLIBC) return;
  const file = readFileSync(path);
  const sections = sectionsOf(file);
  const named = (type) => sections.find((section) => section.type === type);
  const needed = named(VERSIONS_NEEDED);
  for (const at of versionsNeeded(file, needed.offset)) {
    if (NEWER_VERSIONS.includes(textAt(file, sections[needed.link].offset + file.readUInt32LE(at + 8))))
      file.writeUInt16LE(file.readUInt16LE(at + 4) | IS_WEAK_VERSION, at + 4);
  }
  const symbols = named(DYNAMIC_SYMBOLS);
  const versions = named(VERSIONS_OF_SYMBOLS);
  for (let index = 0; index < symbols.sizeBytes / SYMBOL_BYTES; index++) {
    const at = symbols.offset + index * SYMBOL_BYTES;
    const nameAt = file.readUInt32LE(at);
    const name = textAt(file, sections[symbols.link].offset + nameAt);
    if (name === NEVER_CALLED) file[at + 4] = WEAK | (file[at + 4] & 0x0f);
    if (!name.startsWith(NEW_NAME_OF_OLD)) continue;
    // The old name is the end of the new one.
    file.writeUInt32LE(nameAt + NEW_NAME_OF_OLD.length, at);
    file.writeUInt16LE(ANY_VERSION, versions.offset + index * 2);
  }
  writeFileSync(path, file);
}

function sectionsOf(file) {
  const first = Number(file.readBigUInt64LE(0x28));
  return Array.from({ length: file.readUInt16LE(0x3c) }, (_, index) => {
    const at = first + index * SECTION_BYTES;
    const [offset, sizeBytes] = [24, 32].map((field) => Number(file.readBigUInt64LE(at + field)));
    return { type: file.readUInt32LE(at + 4), offset, sizeBytes, link: file.readUInt32LE(at + 40) };
  });
}

/** Where the entry of each version of each library lies. */
function* versionsNeeded(file, start) {
  for (let library = start; ; library += file.readUInt32LE(library + 12)) {
    let at = library + file.readUInt32LE(library + 8);
    for (let count = file.readUInt16LE(library + 2); count > 0; count--) {
      yield at;
      at += file.readUInt32LE(at + 12);
    }
    if (file.readUInt32LE(library + 12) === 0) return;
  }
}

function textAt(file, start) {
  return file.toString('latin1', start, file.indexOf(0, start));
}
