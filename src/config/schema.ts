/**
 * The one schema of tallyline.yaml. Parsing, defaults, error messages and docs/reference/configuration.md all come from it.
 * Every option carries in its meta what it is (`description`) and which values it takes (`allowed`).
 */
import { z } from 'zod';

import { POSTGRES_CONNECTIONS_MAX, POSTGRES_HOSTS_MAX } from '../core/limits';
import { bucketShape } from './bucket-schema';
import { formatSchema } from './format-schema';
import { choice, duration, integer, path, size, text } from './option-values';
import { periodSchema } from './period-schema';
import { NAME, NAME_ALLOWED, sourceSchema } from './source-schema';

const PORT = '(?:\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])';
const HOST_AND_PORT = new RegExp(`^(?:[^\\s/:]+|\\[[0-9A-Fa-f:.]+\\]):${PORT}$`);
const DEPLOYMENT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const DAY_MS = 86_400_000;

const temporalSchema = z.strictObject({
  address: text(HOST_AND_PORT, 'host:port', 'Where the Temporal server answers. `TEMPORAL_ADDRESS` overrides it.').prefault(
    '127.0.0.1:7233',
  ),
  namespace: text(/^[A-Za-z0-9._-]{1,255}$/, 'a name', 'The Temporal namespace. `TEMPORAL_NAMESPACE` overrides it.').prefault('default'),
  profile: text(
    /^[A-Za-z0-9._-]{1,100}$/,
    'a name',
    "A profile of Temporal's configuration file: address, namespace, TLS certificates, API key, in place of those here. `TEMPORAL_PROFILE` overrides it.",
  ).optional(),
  profilesFile: path(
    "Temporal's configuration file (TOML). Without it the one that `TEMPORAL_CONFIG_FILE` names, or that of the user. Relative to this configuration file.",
  ).optional(),
  encryption: z
    .strictObject({
      keysFile: path(
        'What Temporal stores is encrypted by these keys: one a line, its id and 32 bytes in base64. The first encrypts, all decrypt. Relative to this configuration file.',
      ),
      required: z
        .boolean()
        .meta({
          allowed: '`true`, `false`',
          description: 'Whether payloads that are not encrypted are refused. `false` while a namespace changes over.',
        })
        .prefault(true),
    })
    .optional(),
});

const SINK_KIND = { allowed: '`sqlite`, `postgres`', description: 'The kind of database that keeps the totals.' };

const claimChecks = z
  .strictObject({
    ...bucketShape('A bucket for partials and checkpoints, which lie in the database without it. Best one without versioning.'),
    prefix: text(/^[^\0]{1,300}$/, 'the beginning of keys', 'All of them lie below it, and nothing else should.').prefault('tallyline/'),
  })
  .optional();

const sqliteSchema = z.strictObject({
  kind: z.literal('sqlite').meta(SINK_KIND).prefault('sqlite'),
  path: path('The database file, on a local disk of this machine. Relative to this configuration file.').prefault(
    './.tallyline/tallyline.db',
  ),
});

const postgresSchema = z.strictObject({
  kind: z.literal('postgres').meta(SINK_KIND),
  hosts: z
    .array(z.string().regex(HOST_AND_PORT))
    .min(1)
    .max(POSTGRES_HOSTS_MAX)
    .meta({
      allowed: `a list of 1 to ${String(POSTGRES_HOSTS_MAX)} host:port`,
      description: 'The servers, tried in this order until one answers that is no standby.',
    }),
  database: text(/^[^\0]{1,63}$/, 'a name', 'The database on these servers. It exists already.'),
  user: text(/^[^\0]{1,63}$/, 'a name', 'The role that logs in. It may create the schema, or owns it.'),
  passwordFile: path(
    'A file that holds the password, read for each new connection. Without it `PGPASSWORD` of the environment. Relative to this configuration file.',
  ).optional(),
  schema: text(
    /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/,
    'lower-case letters, digits and `_`, at most 63, not starting with a digit or `pg_`',
    'The schema that holds the tables. `tallyline setup` creates it.',
  ).prefault('tallyline'),
  tls: z
    .strictObject({
      mode: choice(
        ['verify-full', 'require', 'disable'],
        'Whether the connection is encrypted, and the server must prove its name. `require` is encrypted, with whomever.',
      ).prefault('verify-full'),
      caFile: path(
        'Certificates (PEM) of who signs those of the servers. Without it those that Node trusts. Relative to this configuration file.',
      ).optional(),
    })
    .prefault({}),
  connections: integer(1, POSTGRES_CONNECTIONS_MAX, 'Most connections of one process.').prefault(10),
  claimChecks,
});

/** Without a kind it is SQLite. */
export const sinkSchema = z.preprocess(
  (value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? { kind: 'sqlite', ...value } : value),
  z.discriminatedUnion('kind', [sqliteSchema, postgresSchema]),
);

const workerSchema = z.strictObject({
  threads: integer(1, 256, 'Threads that count. Without it, one for each core.').optional(),
  metricsAddress: text(HOST_AND_PORT, 'host:port', 'Where `/metrics`, `/livez` and `/readyz` are served.').prefault('127.0.0.1:9464'),
  shutdownGrace: duration(0, DAY_MS, 'How long a worker that is told to stop may finish what it does.').prefault('30s'),
  readBytesPerSecond: size(65_536, 1024 ** 4, 'Most bytes that one worker reads a second. Without it, as fast as it can.').optional(),
  deployment: z
    .strictObject({
      name: text(DEPLOYMENT_NAME, 'a name', "The deployment of Temporal's worker versioning.").prefault('tallyline'),
      buildId: text(
        DEPLOYMENT_NAME,
        'a name',
        'The build that this worker is: workflows stay with the one that began them. `TALLYLINE_BUILD_ID` overrides it.',
      ),
    })
    .optional(),
});

export const scheduleSchema = z.strictObject({
  every: duration(1000, 366 * DAY_MS, 'Time from one scan to the next. 15s where there is no `cron`.').optional(),
  cron: text(/^\S+(?: \S+){4}$/, 'minute, hour, day of month, month, day of week; in UTC', 'When to scan, in place of `every`.').optional(),
});

const expectSchema = z.strictObject({
  every: duration(1000, 366 * DAY_MS, 'A new file is expected this often; none for longer raises an alert.').optional(),
  within: duration(0, 366 * DAY_MS, 'A file that a batch manifest lists is expected within this time after it was read.').prefault('1h'),
});

const windowSchema = z.strictObject({
  files: integer(1, 10_000, 'Files of the source that are in flight at once.').prefault(50),
  splits: integer(1, 256, 'Splits of one file that are in flight at once.').prefault(8),
});

const limitsSchema = z.strictObject({
  threads: integer(
    1,
    256,
    'Counting threads of one worker that this pipeline may take, so that others are not kept waiting. Without it, all.',
  ).optional(),
  readBytesPerSecond: size(65_536, 1024 ** 4, 'Most bytes of this pipeline that one worker reads a second.').optional(),
});

export const checkpointSchema = z.strictObject({
  bytes: size(1024, 1024 ** 4, 'A split stores a checkpoint each time it has read this much.').prefault('256MiB'),
  interval: duration(100, DAY_MS, 'A split stores a checkpoint at least this often. Shorter than `heartbeatTimeout`.').prefault('5s'),
});

export const policiesSchema = z.strictObject({
  changedFile: choice(
    ['quarantine', 'supersede', 'count-new'],
    'What to do with new content under a name that is in the totals already.',
  ).prefault('quarantine'),
  duplicateContent: choice(['quarantine', 'count'], 'What to do with a file whose bytes are in the totals already.').prefault('quarantine'),
  unterminatedLastLine: choice(['quarantine', 'count'], 'What to do with a file whose last line has no line feed.').prefault('quarantine'),
  rejects: z
    .strictObject({
      maxCount: integer(0, 1_000_000_000_000, 'Most rejected lines of a file. With neither limit, one reject is too many.').optional(),
      maxRatio: z
        .number()
        .min(0)
        .max(1)
        .meta({ allowed: '0 to 1', description: 'Most rejected lines of a file as a share of its accepted and rejected ones.' })
        .optional(),
    })
    .prefault({}),
});

/** 25 months. */
const CONTRIBUTIONS_KEPT = '761d';

export const retentionSchema = z.strictObject({
  contributions: duration(
    DAY_MS,
    36_500 * DAY_MS,
    'How long what each file put into the totals is kept: so long a file can be taken out again, explained, and totals of earlier told.',
  ).prefault(CONTRIBUTIONS_KEPT),
  rejectSamples: duration(DAY_MS, 36_500 * DAY_MS, 'How long the text of rejected lines is kept. Their number and places stay.').prefault(
    '90d',
  ),
});

const verifySchema = z.strictObject({
  every: duration(60_000, 366 * DAY_MS, 'Time from one verification of the sink to the next. A mismatch stops the pipeline.').prefault(
    '24h',
  ),
});

export const pipelineSchema = z.strictObject({
  name: text(NAME, NAME_ALLOWED, 'The name of the pipeline. Totals belong to it.'),
  source: sourceSchema,
  format: formatSchema.prefault({}),
  period: periodSchema.prefault({}),
  schedule: scheduleSchema.prefault({}),
  expect: expectSchema.prefault({}),
  window: windowSchema.prefault({}),
  limits: limitsSchema.prefault({}),
  splitBytes: size(
    1024,
    1024 ** 4,
    'A larger file is counted in parts of this size, at most 256; they grow with the file. Without it an eighth of the file, 64MiB to 512MiB.',
  ).optional(),
  checkpoint: checkpointSchema.prefault({}),
  heartbeatTimeout: duration(1000, 3_600_000, 'A worker that was not heard of for this long is taken for lost.').prefault('60s'),
  policies: policiesSchema.prefault({}),
  retention: retentionSchema.prefault({}),
  verify: verifySchema.prefault({}),
});

export const exchangeSchema = z.strictObject({
  ...bucketShape('The bucket in which agents and workers lay things down for each other. Best one without versioning.'),
  prefix: text(/^[^\0]{1,300}$/, 'the beginning of keys', 'All of it lies below, and nothing else should.').prefault('tallyline-exchange/'),
});

export const configSchema = z.strictObject({
  temporal: temporalSchema.prefault({}),
  sink: sinkSchema.prefault({}),
  exchange: exchangeSchema.optional(),
  worker: workerSchema.prefault({}),
  pipelines: z.array(pipelineSchema).min(1).max(100).meta({ allowed: 'a list of at least one pipeline', description: 'The pipelines.' }),
});
