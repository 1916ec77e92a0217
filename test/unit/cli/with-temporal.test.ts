import { NamespaceNotFoundError, ServiceError } from '@temporalio/client';

import { translateTemporalErrors } from '../../../src/cli/with-temporal';
import { parseConfig } from '../../../src/config/load-config';

const config = parseConfig('pipelines: [{ name: a, source: { kind: directory, id: a, root: a } }]', '/etc/tallyline.yaml');
const gone = Object.assign(new Error('14 UNAVAILABLE: no connection'), { code: 14, details: 'no connection', metadata: {} });

test.each([
  ['a server that is gone, to a raw call', gone, 'no connection'],
  ['a server that is gone, to a client', new ServiceError('Failed to start', { cause: gone }), 'Failed to start (no connection)'],
  ['a namespace that is missing', new NamespaceNotFoundError('nowhere'), "Namespace not found: 'nowhere'"],
])('%s is temporal_unavailable, with its address and what it said', async (_title, error, said) => {
  const failure = { code: 'temporal_unavailable', fact: expect.stringMatching(/127\.0\.0\.1:7233.*default/) };
  await expect(translateTemporalErrors(config, () => Promise.reject(error))).rejects.toMatchObject(failure);
  await expect(translateTemporalErrors(config, () => Promise.reject(error))).rejects.toThrow(said);
});

test('a defect stays what it is', async () => {
  const defect = new TypeError('x is not a function');
  await expect(translateTemporalErrors(config, () => Promise.reject(defect))).rejects.toBe(defect);
});
