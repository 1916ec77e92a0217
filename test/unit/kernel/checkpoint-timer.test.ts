import { CheckpointTimer } from '../../../src/kernel/checkpoint-timer';

/** A count of which each checkpoint takes `encodeMs`, read at `bytes` a millisecond. */
function startCount(encodeMs: number) {
  let nowMs = 0;
  const taken: number[] = [];
  const progress: number[] = [];
  const count = {
    isComplete: false,
    nextOffset: 0,
    encode: () => {
      nowMs += encodeMs;
      return new Uint8Array();
    },
  };
  const options = {
    checkpointBytes: 10,
    checkpointIntervalMs: 1_000_000,
    onCheckpoint: (_blob: Uint8Array, nextOffset: number) => taken.push(nextOffset),
    onProgress: () => progress.push(nowMs),
  };
  const timer = new CheckpointTimer(options, count, () => nowMs);
  const read = (bytes: number) => {
    nowMs += bytes;
    count.nextOffset += bytes;
    timer.afterRead(bytes);
  };
  return { read, taken, progress };
}

test('checkpoints that are quickly made follow each other as they fall due', () => {
  const { read, taken } = startCount(49);
  for (let turn = 0; turn < 4; turn++) read(10);
  expect(taken).toEqual([10, 20, 30, 40]);
});

test('a checkpoint that takes long is followed by four times as long without one, and is made then', () => {
  const { read, taken, progress } = startCount(50);
  for (let turn = 0; turn < 40; turn++) read(10);
  // The first ends after 10 + 50 ms; the next is due from 60 + 200 ms on.
  expect(taken).toEqual([10, 210]);
  expect(progress).toHaveLength(38);
});
