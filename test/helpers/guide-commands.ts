/** The commands of a page of Markdown, as a reader finds them: in its code blocks, and in code spans of its sentences. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const REPOSITORY = resolve(__dirname, '..', '..');

export interface GuideCommand {
  readonly page: string;
  readonly line: number;
  /** As a shell takes it, without the comment. */
  readonly text: string;
  readonly comment: string;
  /** What the guide shows as its output. */
  readonly shown: readonly string[];
}

export interface GuideBlock {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly lines: readonly string[];
}

export interface Guide {
  readonly page: string;
  readonly commands: readonly GuideCommand[];
  readonly inline: readonly GuideCommand[];
  /** Configurations and the like. */
  readonly data: readonly GuideBlock[];
}

/** What a line of a code block begins with when it is for a shell, or for the database's. */
const PROGRAMS = new Set(
  (
    'tallyline bin/tallyline temporal tctl npm npx node docker kubectl helm curl git cd cp mv rm mkdir cat echo printf touch chmod export ' +
    'openssl split zcat gzip sqlite3 psql pg_dump promtool amtool CREATE GRANT'
  ).split(' '),
);
const LANGUAGES_OF_DATA = new Set(['yaml', 'yml', 'json', 'toml']);
const INLINE = /^(?:bin\/)?(?:tallyline|temporal|tctl)\s+[a-z-]/;
const INDENT = /^ {4}/;
const COMMENT = /^((?:[^'"#]|'[^']*'|"[^"]*"|\S#)*?)\s+#\s+(.*)$/;

/** Of the README, every guide and every runbook, by path below the repository. */
export function guidePages(): readonly string[] {
  const inFolder = (folder: string): string[] =>
    readdirSync(join(REPOSITORY, folder))
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((name) => `${folder}/${name}`);
  return ['README.md', ...inFolder('docs/guides'), ...inFolder('docs/runbooks')];
}

export function loadGuide(page: string): Guide {
  return readGuide(page, readFileSync(join(REPOSITORY, page), 'utf8'));
}

export function readGuide(page: string, markdown: string): Guide {
  const lines = markdown.split('\n');
  const blocks = findBlocks(page, lines);
  const isShell = ({ language, lines: [first = ''] }: GuideBlock): boolean => !LANGUAGES_OF_DATA.has(language) && isCommand(first);
  return {
    page,
    commands: blocks.filter(isShell).flatMap(commandsIn),
    inline: inlineIn(page, withoutBlocks(lines, blocks)),
    data: blocks.filter((block) => !isShell(block)),
  };
}

function findBlocks(page: string, lines: readonly string[]): GuideBlock[] {
  const blocks: GuideBlock[] = [];
  for (let index = 0; index < lines.length;) {
    const language = /^ *```(\w*)/.exec(lines[index]!)?.[1];
    const isIndented = INDENT.test(lines[index]!) && (lines[index - 1] ?? '').trim() === '';
    let end = index + 1;
    if (language !== undefined) {
      while (end < lines.length && !/^ *```/.test(lines[end]!)) end += 1;
      blocks.push({ page, line: index + 2, language, lines: lines.slice(index + 1, end) });
      end += 1;
    } else if (isIndented) {
      while (end < lines.length && INDENT.test(lines[end]!)) end += 1;
      const width = /^ */.exec(lines[index]!)![0].length;
      blocks.push({ page, line: index + 1, language: '', lines: lines.slice(index, end).map((line) => line.slice(width)) });
    }
    index = end;
  }
  return blocks;
}

function isCommand(line: string): boolean {
  return PROGRAMS.has(/^(?:[A-Z][A-Z0-9_]*=\S*\s+)*(\S+)/.exec(line)?.[1] ?? '');
}

/** A line that is no command is output of the one before it. */
function commandsIn({ page, line, lines }: GuideBlock): GuideCommand[] {
  const commands: (GuideCommand & { readonly shown: string[] })[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const first = index;
    let text = lines[index]!;
    if (!isCommand(text)) {
      commands.at(-1)!.shown.push(text);
      continue;
    }
    while (text.endsWith('\\') && index + 1 < lines.length) text += `\n${lines[(index += 1)]!}`;
    const here = /<<'?(\w+)'?$/.exec(text)?.[1];
    while (here !== undefined && lines[index] !== here && index + 1 < lines.length) text += `\n${lines[(index += 1)]!}`;
    const [, bare = text, comment = ''] = here === undefined ? (COMMENT.exec(text) ?? []) : [];
    commands.push({ page, line: line + first, text: bare, comment, shown: [] });
  }
  return commands;
}

/** Line numbers stay. */
function withoutBlocks(lines: readonly string[], blocks: readonly GuideBlock[]): string {
  const isInBlock = (number: number): boolean => blocks.some(({ line, lines: { length } }) => number >= line && number < line + length);
  return lines.map((text, index) => (isInBlock(index + 1) || text.includes('```') ? '' : text)).join('\n');
}

function inlineIn(page: string, prose: string): GuideCommand[] {
  return [...prose.matchAll(/`([^`]+)`/g)].map(({ 1: span = '', index }) => ({
    page,
    line: prose.slice(0, index).split('\n').length,
    text: span.replace(/\s+/g, ' '),
    comment: '',
    shown: [],
  }));
}

/** Those code spans that are commands of Tallyline or Temporal, whole or cut short. */
export function inlineCommands({ inline }: Guide): GuideCommand[] {
  return inline.filter(({ text }) => INLINE.test(text));
}

export function placeOf({ page, line, text }: GuideCommand): string {
  return `${page}:${line}: ${text}`;
}
