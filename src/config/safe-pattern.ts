/**
 * Which regular expressions a configuration may hold: those whose worst case is bounded, because a sourceKey comes from others.
 *
 * Backtracking can try every combination of the choices in an expression, so the product of all choices bounds its steps
 * (each variable quantifier counts its range, an open one the longest sourceKey, an alternation its branches).
 */
import { PERIOD_PATTERN_CHARACTERS_MAX, PERIOD_PATTERN_STEPS_MAX, SOURCE_KEY_BYTES_MAX } from '../core/limits';

/** An escaped byte takes up to four characters. */
const SUBJECT_CHARACTERS_MAX = 4 * SOURCE_KEY_BYTES_MAX;

/** What is wrong with `pattern`, or null. */
export function judgePattern(pattern: string): string | null {
  if (pattern.length > PERIOD_PATTERN_CHARACTERS_MAX) return `is longer than ${String(PERIOD_PATTERN_CHARACTERS_MAX)} characters`;
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    return `is no regular expression (${error instanceof Error ? error.message : String(error)})`;
  }
  if (/\\[1-9k]/.test(withoutEscapedBackslashes(pattern))) return 'uses a back reference';
  if (/\(\?(?:[=!]|<[=!])/.test(withoutClasses(pattern))) return 'looks ahead or behind';
  if (/\)[*+{]/.test(withoutClasses(pattern))) return 'repeats a group (only `?` may follow one)';
  // Any start of the subject can be tried.
  return countChoices(pattern) * SUBJECT_CHARACTERS_MAX > PERIOD_PATTERN_STEPS_MAX
    ? 'could take too long on some names (too many variable repetitions)'
    : null;
}

function countChoices(pattern: string): number {
  const quantifiers = withoutClasses(pattern).matchAll(/\((?:\?(?::|<[^>]*>))?|[*+?|]|\{(\d+)(?:(,)(\d*))?\}/g);
  let choices = 1;
  for (const [text, least, comma, most] of quantifiers) {
    if (text.startsWith('(')) continue;
    if (text === '*' || text === '+') choices *= SUBJECT_CHARACTERS_MAX;
    else if (text === '?' || text === '|') choices *= 2;
    else if (comma !== undefined) choices *= most === '' ? SUBJECT_CHARACTERS_MAX : Number(most) - Number(least) + 1;
  }
  return choices;
}

function withoutEscapedBackslashes(pattern: string): string {
  return pattern.replaceAll('\\\\', '');
}

/** Escaped characters and character classes each become one letter, so that what is left in `()[]{}*+?|` is syntax. */
function withoutClasses(pattern: string): string {
  return pattern.replace(/\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|[^])/g, 'x').replace(/\[[^\]]*\]/g, 'x');
}
