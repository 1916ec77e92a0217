/** Every bound in one place, with its unit in its name. */
const KIB = 1024;
const MIB = 1024 * KIB;

export const SPLITS_PER_FILE_MAX = 256;
/** Sizes of a split where the configuration names none; a file of up to the first is one. */
export const AUTOMATIC_SPLIT_BYTES_MIN = 64 * MIB;
export const AUTOMATIC_SPLIT_BYTES_MAX = 512 * MIB;
export const SPLITS_TOGETHER = 8;
/** Content digests are taken over blocks of this size, so that they do not depend on the splits. */
export const DIGEST_BLOCK_BYTES = MIB;
export const BLOCK_DIGEST_BYTES = 32;
export const KEY_FIELD_BYTES_MAX = 1024;
/** An entry of a partial: its key, which is all of its fields and a period, its sum, its count. */
export const ENCODED_ENTRY_BYTES_MAX = 20 * KIB;
export const SOURCE_KEY_BYTES_MAX = 1024;
export const SCALE_MAX = 18;
export const REJECT_SAMPLES_PER_REASON_MAX = 10;
export const REJECT_SAMPLE_BYTES_MAX = 256;
/** Instants that a record may name, in seconds since 1970: from 2000-01-01T00:00:00Z to 2099-12-31T23:59:59Z. */
export const TIMESTAMP_SECONDS_MIN = 946_684_800;
export const TIMESTAMP_SECONDS_MAX = 4_102_444_799;
export const TIMESTAMP_FRACTION_DIGITS_MAX = 9;
/** Of the records of one file: years of days, weeks of hours. Each is a posting and a contribution of its own. */
export const PERIODS_PER_FILE_MAX = 1000;
/** A batch of one apply transaction holds at most this many entries, or one file. */
export const APPLY_BATCH_ENTRIES_MAX = 1_000_000;
export const APPLY_BATCH_FILES_MAX = 1000;
/** Entries of one stored part of a contribution, and deltas that are handed to the database at once. */
export const CONTRIBUTION_PART_ENTRIES = 100_000;
export const STAGED_DELTAS_PER_CALL = 250;
/** Deltas of one transaction, and the totals that they belong to, which an embedded sink holds in memory; more go through a file. */
export const STAGED_IN_MEMORY_DELTAS_MAX = 300_000;
export const STAGED_IN_MEMORY_ADDRESSES_MAX = 50_000;
/** Postings that are read at once, ledger entries that one prune looks at, and steps that one explanation lists. */
export const POSTINGS_PER_PAGE = 500;
export const PRUNE_ENTRIES_MAX = 1_000_000;
export const EXPLAIN_STEPS_MAX = 10_000;
export const ERASE_RECEIPTS_MAX = 500;
/** What is said in the ledger about who and why. */
export const LEDGER_TEXT_CHARACTERS_MAX = 500;
/** How long a plan can be applied unless it says otherwise, and at most. */
export const PLAN_LIFETIME_MS = 7 * 86_400_000;
export const PLAN_LIFETIME_MS_MAX = 90 * 86_400_000;
/** Files of one plan, which is applied in one transaction, and keys of which a difference is shown. */
export const PLAN_FILES_MAX = 500;
export const PLAN_ENTRIES_MAX = 2_000_000;
/** Closed periods that one period adjusts, as far as an explanation lists them. */
export const ADJUSTED_PERIODS_MAX = 1000;
/** A checkpoint of very many keys that took so long is followed by so many times as long without one: at most a fifth of the time. */
export const CHECKPOINT_REST_FROM_MS = 50;
export const CHECKPOINT_REST_FACTOR = 4;
export const CHECKPOINT_INLINE_BYTES_MAX = 4 * KIB;
export const LIST_PAGE_FILES = 1000;
export const START_BATCH_FILES_MAX = 100;
export const PARTIAL_MISSING_TIMES_MAX = 3;
export const WORKER_LOST_TIMES_MAX = 5;
export const UNREADABLE_ATTEMPTS_MAX = 10;
export const UNREADABLE_DELAY_MS_FIRST = 2_000;
export const UNREADABLE_DELAY_MS_MAX = 300_000;
export const SPLIT_RESULT_BYTES_MAX = 5 * KIB;
export const SCAN_PAGE_RESULT_BYTES_MAX = 64 * KIB;
export const FILE_INPUT_BYTES_MAX = 4 * KIB;
export const SCAN_EVENTS_MAX = 2000;

/** One listing activity ends after this many files or this long, and the next goes on after it. */
export const LIST_STRETCH_FILES_MAX = 20_000;
export const LIST_STRETCH_MS_MAX = 20_000;
/** A page of a listing is handed out after this long, however few files it has. */
export const LIST_PAGE_MS_MAX = 5_000;
/** What is kept of a problem that is reported with a result. */
export const PROBLEM_CHARACTERS_MAX = 500;
/** How long an activity waits for room in the window before the scan looks after the oldest files again. */
export const WINDOW_WAIT_MS_MAX = 60_000;
export const HAND_OVER_WAIT_MS_MAX = 600_000;
/** A file that is still not applied wakes the aggregation again this often: no wait depends on one message. */
export const WAKE_AGAIN_MS = 10_000;
export const APPLY_STRETCH_MS_MAX = 60_000;
/** An apply that left nothing waiting rests so many times as long as it took, and no longer than this, so that files share the next one. */
export const APPLY_REST_FACTOR = 8;
export const APPLY_REST_MS_MAX = 250;
/** A manifest: its bytes, the files that it lists, and the digits of a sum, which 128 bits and every file fit. */
export const MANIFEST_BYTES_MAX = 4 * MIB;
export const MANIFEST_FILES_MAX = 10_000;
export const CONTROL_SUM_DIGITS_MAX = 39;
/** Files in the totals that one transaction judges by a manifest that came later. */
export const LATE_FILES_PER_JUDGEMENT = 100;
/** Of what is overdue or malformed, this many are named. */
export const EXPECTED_NAMED_MAX = 20;
export const BACKFILL_KEYS_MAX = 500;
export const BACKFILL_KEYS_PER_PAGE = 20;
export const FILE_LABEL_BYTES_MAX = 200;
export const FAILURE_DETAIL_CHARACTERS_MAX = 1000;

export const INT64_MAX = 2n ** 63n - 1n;
export const INT64_MIN = -(2n ** 63n);

/** Files of a directory source that are stat'ed at once, and names of a directory that are read at once. */
export const DIRECTORY_STAT_BATCH_FILES = 64;
export const DIRECTORY_READ_ENTRIES = 1024;

/** Files that were counted: how many are disposed of, and for how long, with one scan; how many at once; rows looked at at once. */
export const DISPOSE_FILES_PER_SCAN_MAX = 1000;
export const DISPOSE_STRETCH_MS_MAX = 15_000;
/** A scan waits no longer for what was begun, such as the copy of a large object, which goes on beside it. */
export const DISPOSE_WAIT_MS_MAX = 30_000;
export const DISPOSE_AT_ONCE_MAX = 8;
export const DISPOSE_PAGE_FILES = 500;
/** Of what was begun and has no end, so many are looked after with one scan. */
export const DISPOSE_BEGUN_PER_SCAN_MAX = 100;
/** A pass over the file rows rests so many times as long as it took. */
export const DISPOSE_REST_FACTOR = 10;
/** Faults that one scan names; the others are counted. */
export const DISPOSE_FAULTS_NAMED_MAX = 10;
/** S3 keeps so many tags of an object. */
export const TAGS_OF_A_FILE_MAX = 10;
/** Two objects are compared in pieces of this size. */
export const OBJECT_COMPARE_BYTES = 8 * MIB;

/** A period pattern of a configuration: its length, and the steps that its worst case may take. */
export const PERIOD_PATTERN_CHARACTERS_MAX = 200;
export const PERIOD_PATTERN_STEPS_MAX = 100_000_000;
/** What a configuration may ask for at most. */
export const FIELDS_PER_LINE_MAX = 1000;
export const LINE_BYTES_CONFIGURED_MAX = 16 * MIB;
export const KEY_FIELDS_MAX = 16;
/** Columns of a CSV file, and of these as many as a message about its header names, each cut to so many characters. */
export const CSV_COLUMNS_MAX = 10_000;
export const CSV_COLUMN_NAME_CHARACTERS_MAX = 1000;
export const CSV_COLUMNS_NAMED_MAX = 20;
export const CSV_COLUMN_NAMED_CHARACTERS_MAX = 40;
export const CONFIG_BYTES_MAX = MIB;

/** One scrape: what it takes from Temporal's own exporter at most. */
export const SCRAPE_TIMEOUT_MS = 3000;
export const SCRAPED_BYTES_MAX = 8 * MIB;

/** Splits of a larger file are cut at multiples of this. */
export const SPLIT_BOUND_BYTES = MIB;

/** What the sum of a partial may be; a file's final sum must fit 64 bits. */
export const INT128_MAX = 2n ** 127n - 1n;
export const INT128_MIN = -(2n ** 127n);

/** Sink: calls that wait for its one connection, and what one step of a verification holds in memory. */
export const SINK_CALLS_WAITING_MAX = 10_000;
export const VERIFY_TOTALS_PER_PASS_MAX = 250_000;
export const VERIFY_FILES_PER_PAGE = 200;
export const VERIFY_MISMATCHES_MAX = 1000;
/** Another host whose lease on a database file is younger than this uses it still. */
export const HOST_LEASE_MS = 60_000;
export const HOST_LEASE_RENEWAL_MS = 20_000;

/** What one read asks for, and what it asks for beyond the end of its split, where only the rest of a line is missing. */
export const CHUNK_BYTES = MIB;
export const TAIL_CHUNK_BYTES = 64 * KIB;
/** What it asks for at the beginning of a file of which it counts another part: its header line. */
export const HEAD_CHUNK_BYTES = 64 * KIB;
/** What the decompressor gives at once. */
export const PLAIN_CHUNK_BYTES = 512 * KIB;
/** What it has ready while the counter is busy: without it, it waits for each chunk to be taken. */
export const PLAIN_AHEAD_BYTES_MAX = 2 * MIB;
/** A compressed file may hold this much however small it is: small files of equal lines compress best. */
export const PLAIN_RATIO_FLOOR_BYTES = 64 * MIB;
export const PLAIN_BYTES_MAX = 256 * 1024 * MIB;
export const PLAIN_BYTES_CONFIGURED_MAX = 64 * 1024 ** 2 * MIB;
/** DEFLATE itself gets no further than 1,032. */
export const PLAIN_RATIO_MAX = 200;
export const PLAIN_RATIO_CONFIGURED_MAX = 1_100;
/** A counting thread that gets no byte for this long reads from a source that is away. */
export const READ_SILENCE_MS_MAX = 60_000;
/** Splits that wait for a counting thread of one process. */
export const WAITING_JOBS_MAX = 100_000;
/** A counting thread that does not heed a cancel for this long is ended. */
export const CANCEL_GRACE_MS = 5000;

/** What one answer of `tallyline totals` holds in memory. */
export const TOTALS_ROWS_MAX = 50_000_000;
/** `tallyline count` cuts no split that is smaller. */
export const COUNT_SPLIT_BYTES_MIN = 4 * MIB;
/** About what its first thread counts before the others have started. */
export const COUNT_HEAD_START_BYTES = 48 * MIB;
/** More encoded totals of one split than this lie on the disk until they are merged. */
export const COUNT_ENTRIES_IN_MEMORY_BYTES_MAX = 16 * MIB;
export const COUNT_THREADS_MAX = 256;
/** `tallyline count` ends with 1 when more of a file's lines are rejected. */
export const COUNT_REJECT_RATIO_MAX = 0.01;

/** Postgres: each wait that a call can come to, and how often it is tried again when the server breaks a deadlock. */
export const POSTGRES_CONNECTIONS_MAX = 100;
export const POSTGRES_HOSTS_MAX = 10;
export const POSTGRES_CONNECT_TIMEOUT_MS = 10_000;
export const POSTGRES_IDLE_TIMEOUT_MS = 60_000;
export const POSTGRES_CONNECTION_LIFETIME_S = 1800;
export const POSTGRES_KEEP_ALIVE_MS = 10_000;
export const POSTGRES_STATEMENT_TIMEOUT_MS = 300_000;
export const POSTGRES_LOCK_TIMEOUT_MS = 60_000;
/** A process that stopped in the middle of a transaction holds its locks for so long. */
export const POSTGRES_IDLE_IN_TRANSACTION_TIMEOUT_MS = 120_000;
/** One statement adds a whole batch, or the largest file, to the totals. */
export const POSTGRES_MERGE_TIMEOUT_MS = 1_800_000;
/** How much longer than the server's own limit the client waits for its answer, which is then given up for lost. */
export const POSTGRES_ANSWER_GRACE_MS = 15_000;
/** A commit may wait for a standby; then it is not known whether it happened. */
export const POSTGRES_COMMIT_TIMEOUT_MS = 60_000;
export const POSTGRES_ROLLBACK_TIMEOUT_MS = 10_000;
export const POSTGRES_TRIES_MAX = 8;
export const POSTGRES_TRY_AGAIN_MS_MAX = 500;
/** Fewer deltas travel with the statement that merges them; more are copied into a temporary table. */
export const POSTGRES_DELTAS_IN_STATEMENT_MAX = 5_000;
export const POSTGRES_COPY_CHUNK_BYTES = 256 * KIB;

/** Object storage: how long a connection, the start of an answer, and silence in the middle of one may last. */
export const BUCKET_CONNECT_MS_MAX = 5_000;
export const BUCKET_ANSWER_MS_MAX = 15_000;
export const BUCKET_SILENCE_MS_MAX = 15_000;
/** A body that comes slower than this for so long is given up and asked for again. */
export const BUCKET_SLOWEST_BYTES_PER_SECOND = 16 * KIB;
export const BUCKET_SLOW_MS_MAX = 30_000;
/** How long what is away is asked again before the failure is passed on, and the pauses in between. */
export const BUCKET_PATIENCE_MS = 20_000;
export const BUCKET_PAUSE_MS_FIRST = 100;
export const BUCKET_PAUSE_MS_MAX = 5_000;
export const BUCKET_KEY_BYTES_MAX = 1024;
export const BUCKET_REQUESTS_CONFIGURED_MAX = 1000;
/** Pages of one key's versions that are passed over on the way to the next key. */
export const BUCKET_SKIPPED_PAGES_MAX = 10_000;
/** A larger object is copied in parts of this size. */
export const BUCKET_COPY_BYTES_MAX = 1024 * MIB;
export const BUCKET_COPY_MS_MAX = 600_000;
/** What one request for a part of an object asks for, and how many such parts of one split are held or under way. */
export const BUCKET_RANGE_BYTES = 16 * MIB;
export const BUCKET_RANGES_AHEAD = 3;

/** Claim checks: what one process keeps of them in memory, how many are fetched at once, and how often a transaction begins anew for more. */
export const CLAIM_CACHE_BYTES_MAX = 64 * MIB;
export const CLAIM_FETCHES_AT_ONCE = 8;
export const CLAIM_ROUNDS_MAX = 4;
/** Those that belong to no file are removed once they are this old; pages that one sweep looks at. */
export const CLAIM_ORPHAN_MS = 7 * 86_400_000;
export const CLAIM_SWEEP_PAGES_MAX = 5;
/** What agents and intake exchange: listings are read within moments, and kept for whoever tries again; names that one question gives. */
export const LISTING_KEPT_MS = 3_600_000;
export const EXCHANGE_READS_AT_ONCE = 8;
export const EXCHANGE_REMOVALS_AT_ONCE = 16;
export const EXCHANGE_SWEEP_MS_MAX = 20_000;
export const EXCHANGE_SWEEP_EVERY_MS = 10_000;
/** By how much the clocks of hosts may differ when looks are dated. */
export const LISTING_SKEW_MS = 60_000;
/** Most work of agents that one worker waits with: a hand-over waits for its apply, and nothing else must wait for it. */
export const INTAKE_ACTIVITIES_MAX = 2_000;
/** Splits that an agent takes up at once: those that wait for a counting thread do it there, so that it is not taken for one that is away. */
export const AGENT_SPLITS_MAX = 1_000;
/** Partials of one file that are looked at: of each split one, or two where attempts differ. */
export const EXCHANGE_PARTIALS_MAX = 1024;
