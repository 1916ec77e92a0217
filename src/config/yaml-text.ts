/** A YAML text with the positions of its values. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';

import type { OptionPath } from './fault';

interface Position {
  readonly line: number;
  readonly column: number;
}

interface SyntaxFault {
  readonly position: Position;
  readonly message: string;
}

export class YamlText {
  /** Plain data; undefined when the text has syntax faults. */
  readonly value: unknown;
  readonly syntaxFaults: readonly SyntaxFault[];
  private readonly lines = new LineCounter();
  private readonly document: Document.Parsed;

  constructor(text: string) {
    this.document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false, uniqueKeys: true, merge: false });
    const faults: SyntaxFault[] = [...this.document.errors, ...this.document.warnings].map((error) => ({
      position: this.positionOf(error.pos[0]),
      message: error.message,
    }));
    if (faults.length === 0) {
      try {
        this.value = this.document.toJS();
      } catch (error) {
        // Aliases that do not resolve, or that grow beyond all bounds.
        faults.push({ position: { line: 1, column: 1 }, message: error instanceof Error ? error.message : String(error) });
      }
    }
    this.syntaxFaults = faults;
  }

  /** Where the value at `path` stands, or `key` in the mapping there; else the nearest thing around it. */
  locate(path: OptionPath, key?: string): Position {
    let node: Node | null = this.document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const part of path) {
      const step: { node: Node | null; offset: number } | undefined = child(node, part);
      if (step === undefined) return this.positionOf(offset);
      node = step.node;
      offset = node?.range?.[0] ?? step.offset;
    }
    return this.positionOf(key === undefined ? offset : (child(node, key)?.keyOffset ?? offset));
  }

  private positionOf(offset: number): Position {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

function child(node: Node | null, part: string | number): { node: Node | null; offset: number; keyOffset: number } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(part)] as Node | undefined;
    const offset = item?.range?.[0] ?? 0;
    return item === undefined ? undefined : { node: item, offset, keyOffset: offset };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
  if (pair === undefined) return undefined;
  const keyOffset = (pair.key as Node).range?.[0] ?? 0;
  const value = pair.value as Node | null;
  return { node: value, offset: value?.range?.[0] ?? keyOffset, keyOffset };
}
