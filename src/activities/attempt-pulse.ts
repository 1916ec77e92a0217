/** Says that an attempt is alive for as long as it lasts, and notices when its counting thread no longer reads. */
const BEATS_PER_HEARTBEAT_TIMEOUT = 4;

export interface AttemptPulseOptions {
  readonly heartbeatTimeoutMs: number;
  readonly beat: () => void;
  /** How long a counting thread may say nothing. */
  readonly silenceMsMax: number;
  /** Why `stalled` aborts. */
  readonly describeStall: () => Error;
}

export class AttemptPulse {
  private readonly stall = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private silentBeats: number | null = null;

  /** Beats until `stop`. */
  constructor({ heartbeatTimeoutMs, beat, silenceMsMax, describeStall }: AttemptPulseOptions) {
    const everyMs = heartbeatTimeoutMs / BEATS_PER_HEARTBEAT_TIMEOUT;
    // Beats are counted, not milliseconds: a process that was stopped for an hour wakes up to one beat, not to a stall.
    const silentBeatsMax = Math.ceil(silenceMsMax / everyMs);
    this.timer = setInterval(() => {
      beat();
      if (this.silentBeats === null) return;
      this.silentBeats += 1;
      if (this.silentBeats > silentBeatsMax) this.stall.abort(describeStall());
    }, everyMs);
  }

  /** Aborted once the thread has been silent for too long. */
  get stalled(): AbortSignal {
    return this.stall.signal;
  }

  /** A thread began, or read on. While an attempt only waits for a thread nothing is expected of it. */
  heard(): void {
    this.silentBeats = 0;
  }

  /** The thread is done; what follows is not its reading. */
  endOfReading(): void {
    this.silentBeats = null;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
