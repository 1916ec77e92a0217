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

/** From one time of the cron to the next at most, over the coming 400 days. `cron` as judgeCron takes it. */
export function longestGapMs(cron: string, fromMs: number): number {
  const [minutes, hours, days, months, weekdays] = cron.split(' ').map((text, index) => valuesOf(text, FIELDS[index]));
  let [lastMs, longestMs] = [fromMs, 0];
  for (let day = 0; day < GAP_DAYS; day += 1) {
    const date = new Date(Math.floor(fromMs / DAY_MS) * DAY_MS + day * DAY_MS);
    const isOn = days?.has(date.getUTCDate()) && months?.has(date.getUTCMonth() + 1) && isWeekday(weekdays, date.getUTCDay());
    for (const hour of isOn ? (hours ?? []) : []) {
      for (const minute of minutes ?? []) {
        const atMs = date.getTime() + hour * 3_600_000 + minute * 60_000;
        if (atMs <= fromMs) continue;
        longestMs = Math.max(longestMs, atMs - lastMs);
        lastMs = atMs;
      }
    }
  }
  return longestMs;
}

const DAY_MS = 86_400_000;
const GAP_DAYS = 400;

/** Sunday is 0 and 7. */
function isWeekday(weekdays: ReadonlySet<number> | undefined, day: number): boolean {
  return weekdays?.has(day) === true || (day === 0 && weekdays?.has(7) === true);
}

/** In ascending order. */
function valuesOf(text: string, field: CronField | undefined): ReadonlySet<number> {
  if (field === undefined) return new Set();
  const values = text.split(',').flatMap((item) => {
    const [range = '', step = '1'] = item.split('/');
    const [first = '', last = first] = range.split('-');
    const from = range === '*' ? field.least : toNumber(first, field);
    const to = range === '*' || (item.includes('/') && !range.includes('-')) ? field.most : toNumber(last, field);
    return Array.from({ length: Math.floor((to - from) / Number(step)) + 1 }, (_, index) => from + index * Number(step));
  });
  return new Set(values.sort((left, right) => left - right));
}
