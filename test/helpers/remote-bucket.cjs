'use strict';
/** A bucket that lies in the parent of this process, so that what it costs is no part of what this process costs. Lists, and no more. */
const waiting = new Map();
let asked = 0;

process.on('message', ({ id, answer }) => {
  const resolve = waiting.get(id);
  waiting.delete(id);
  resolve(answer);
});

/** Of a parent that answers with test/helpers/serve-bucket.ts. */
function askParent(call, request) {
  asked += 1;
  const id = asked;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    process.send({ id, call, request });
  });
}

function remoteBucket() {
  return {
    label: 'bucket of the parent process',
    versioning: () => Promise.resolve('none'),
    list: ({ prefix, after, versions }) => askParent('list', { prefix, after, versions }),
    // Its objects are empty, so that nothing is there to be proved by reading.
    head: () => Promise.resolve(null),
  };
}

module.exports = { askParent, remoteBucket };
