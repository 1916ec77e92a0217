/**
 * Writes docs/reference/{configuration,failures,metrics,alerts}.md from the tables in the built code (`npm run build` first).
 * With --check it writes nothing and exits with 1 if a page is not up to date.
 */
import { createRequire } from 'node:module';
import prettier from 'prettier';
import { putGenerated } from './generated-file.mjs';

const require = createRequire(import.meta.url);
const reference = new URL('../docs/reference/', import.meta.url);
const { FAILURES } = require('../dist/core/failures.js');
const { OPTIONS } = require('../dist/config/options.js');
const { ALERTS } = require('../dist/observability/alert-catalogue.js');
const { OBJECTIVES } = require('../dist/observability/objectives.js');
const { METRICS } = require('../dist/observability/metric-catalogue.js');

const GENERATED = '<!-- Written by scripts/generate-docs.mjs. Change the table in the code, not this page. -->';

const isUpToDate = await Promise.all([
  put('configuration.md', renderConfiguration()),
  put('failures.md', renderFailures()),
  put('metrics.md', renderMetrics()),
  put('alerts.md', renderAlerts()),
]);
process.exitCode = isUpToDate.every(Boolean) ? 0 : 1;

/** Resolves to false if the page differs and only a check was asked for. */
async function put(name, text) {
  const path = new URL(name, reference);
  const page = await prettier.format(text, { ...(await prettier.resolveConfig(path)), parser: 'markdown' });
  return putGenerated(path, page, `docs/reference/${name}`, 'npm run build && node scripts/generate-docs.mjs');
}

function renderConfiguration() {
  const sections = [
    ['The file', OPTIONS.filter(({ path }) => !path.includes('.'))],
    ['Temporal', below('temporal.')],
    ['Sink', below('sink.')],
    ['Exchange', below('exchange.')],
    ['Worker', below('worker.')],
    ['Pipelines', OPTIONS.filter(({ path }) => /^pipelines\[\]\.[^.]+$/.test(path))],
    ['Source', below('pipelines[].source.')],
    ['Expect', below('pipelines[].expect.')],
    ['Format', below('pipelines[].format.')],
    ['Period', below('pipelines[].period.')],
    ['Schedule', below('pipelines[].schedule.')],
    ['Window', below('pipelines[].window.')],
    ['Limits', below('pipelines[].limits.')],
    ['Checkpoint', below('pipelines[].checkpoint.')],
    ['Policies', below('pipelines[].policies.')],
    ['Retention', below('pipelines[].retention.')],
    ['Verification', below('pipelines[].verify.')],
  ];
  const rows = (options) => options.map((option) => [code(option.path), defaultOf(option), option.allowed, describe(option)]);
  return `${GENERATED}

# Configuration

\`tallyline.yaml\`: every option, with its default. Unknown options are refused. \`tallyline config check\` checks a file and shows
every effective value with where it comes from. \`examples/\` holds files to start from. Relative paths start at the directory of the
file. \`TEMPORAL_ADDRESS\` and \`TEMPORAL_NAMESPACE\` in the environment override the file; \`TALLYLINE_LOG_LEVEL\` (debug, info, warn,
error) sets what is logged; \`TALLYLINE_KERNEL\` (fast, reference) says which implementation counts, the WebAssembly kernel or the plain
one, which is slower and gives the same to the byte. \`[]\` stands for every element of a list.

${sections.map(([title, options]) => `## ${title}\n\n${table(['option', 'default', 'allowed', 'what it is'], rows(options))}`).join('\n\n')}
`;
}

function below(prefix) {
  return OPTIONS.filter(({ path }) => path.startsWith(prefix));
}

/** What has a meaning with one kind only says so. */
function describe({ description, ofKind }) {
  return ofKind === undefined ? description : `With ${code(`kind: ${ofKind}`)}: ${description}`;
}

function defaultOf({ isRequired, defaultValue }) {
  if (isRequired) return 'required';
  return defaultValue === undefined ? 'none' : code(JSON.stringify(defaultValue));
}

function renderFailures() {
  const titles = {
    quarantine: 'Quarantined: the file is set aside with this reason',
    retry: 'Retried: it goes away by itself or by an operator',
    refuse: 'Refused: the request is turned down and nothing was changed',
    alert: 'Alerts: nothing is held up, but somebody should look',
  };
  const section = (effect) => {
    const entries = Object.entries(FAILURES).filter(([, entry]) => entry.effect === effect);
    const rows = entries.map(([name, entry]) => [code(name), entry.consequence, entry.remedy]);
    return `## ${titles[effect]}\n\n${table(['code', 'what follows', 'what to do'], rows)}`;
  };
  return `${GENERATED}

# Failures

Everything that can go wrong, by the code that messages, logs, metrics and quarantined files carry.

${Object.keys(titles).map(section).join('\n\n')}
`;
}

function renderMetrics() {
  const rows = Object.entries(METRICS).map(([name, entry]) => [code(name), entry.type, entry.unit, labelsOf(entry.labels), entry.help]);
  return `${GENERATED}

# Metrics

Served at \`/metrics\` (\`worker.metricsAddress\`) in the text format of Prometheus, together with Temporal's own (\`temporal_*\`) and
those of Node (\`process_*\`, \`nodejs_*\`). Counters start at 0 for every combination of labels.

${table(['name', 'type', 'unit', 'labels', 'what it is'], rows)}
`;
}

function renderAlerts() {
  const rows = Object.entries(ALERTS).map(([name, { severity, summary, consequence, runbook }]) => [
    code(name),
    severity,
    code(summary),
    consequence,
    `[${runbook}](../runbooks/${runbook}.md)`,
  ]);
  return `${GENERATED}

# Alerts

The rules of \`deploy/prometheus/rules.yaml\`. A page gets somebody up, a ticket is looked at within a working day. Promised are, over 30 days:

${OBJECTIVES.map(({ promise }) => `- ${promise};`).join('\n')}
- no difference between totals and ledger, ever: one is a page.

Of the first two, alerts tell how fast what may go wrong is used up, over a long and a short window at once: 2 % of a month's budget within an hour or 5 %
within six is a page, 10 % within one or three days a ticket. Bills are made from the totals, never from metrics: a worker that restarts begins its counters
anew, and Prometheus may miss some of what they showed.

${table(['name', 'severity', 'what it says', 'what follows', 'runbook'], rows)}
`;
}

function labelsOf(labels) {
  const valuesOf = (values) => {
    if (values === 'pipelines') return 'the name of a pipeline';
    if (values === 'open') return 'free';
    return values.map(code).join(', ');
  };
  return Object.entries(labels)
    .map(([label, values]) => `${code(label)}: ${valuesOf(values)}`)
    .join('; ');
}

function code(text) {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

function table(headers, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(headers), line(headers.map(() => '---')), ...rows.map(line)].join('\n');
}
