/**
 * The applies that run in this process now. Whoever counted a file asks one for another look, which costs no signal, no event and no
 * workflow task. What is asked is not lost: a loop looks again, or ends and says that files wait, or fails and is retried, which looks first.
 */
export interface ApplyLoop {
  /** Another look was asked for since the last call. */
  readonly takeAsked: () => boolean;
  readonly end: () => void;
}

export class ApplyLoops {
  private readonly running = new Map<string, Set<{ isAsked: boolean }>>();

  /** To be ended in the same turn of the event loop in which its result is decided. */
  begin(pipeline: string): ApplyLoop {
    const loop = { isAsked: false };
    const loops = this.running.get(pipeline) ?? new Set();
    this.running.set(pipeline, loops.add(loop));
    return {
      takeAsked: () => {
        const { isAsked } = loop;
        loop.isAsked = false;
        return isAsked;
      },
      end: () => void loops.delete(loop),
    };
  }

  /** Whether one runs, which then looks at the sink once more, later than this call. */
  ask(pipeline: string): boolean {
    // Where one is left over from an attempt that timed out, the other must hear of it too.
    const loops = [...(this.running.get(pipeline) ?? [])];
    for (const loop of loops) loop.isAsked = true;
    return loops.length > 0;
  }
}
