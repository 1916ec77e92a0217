/** Five-field cron as Temporal's schedules take it, in UTC. */
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface CronField {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names: readonly string[];
}

const FIELDS: readonly CronField[] = [
  { name: 'minute', least: 0, most: 59, names: [] },
  { name: 'hour', least: 0, most: 23, names: [] },
  { name: 'day of month', least: 1, most: 31, names: [] },
  { name: 'month', least: 1, most: 12, names: MONTHS },
  { name: 'day of week', least: 0, most: 7, names: WEEKDAYS },
];

/** What is wrong with `cron`, or null. */
export function judgeCron(cron: string): string | null {
  const texts = cron.split(' ');
  if (texts.length !== FIELDS.length) return `has ${String(texts.length)} fields, not ${String(FIELDS.length)}`;
  const wrong = FIELDS.find((field, index) => !texts[index]?.split(',').every((item) => isItem(item, field)));
  return wrong === undefined
    ? null
    : `has no valid ${wrong.name}: it takes ${String(wrong.least)} to ${String(wrong.most)}, \`*\`, ranges \`a-b\`, steps \`/n\` and lists`;
}

function isItem(item: string, field: CronField): boolean {
  const parts = /^(?:\*|([^-/]+)(?:-([^-/]+))?)(?:\/(\d{1,3}))?$/.exec(item);
  if (parts === null || parts[3] === '0') return false;
  const first = parts[1] === undefined ? field.least : toNumber(parts[1], field);
  const last = parts[2] === undefined ? first : toNumber(parts[2], field);
  return first >= field.least && last <= field.most && first <= last;
}

function toNumber(text: string, field: CronField): number {
  const position = field.names.indexOf(text.toUpperCase());
  if (position >= 0) return position + (field.names === MONTHS ? 1 : 0);
  return /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
}
