import { showDifference } from '../../../src/cli/print-difference';
import { parseConfig } from '../../../src/config/load-config';
import { TallylineFailure } from '../../../src/core/failures';

const CONFIG = `
pipelines:
  - name: bills
    source: { kind: directory, id: spool, root: /spool }
`;

function written(stream: NodeJS.WriteStream): string[] {
  const texts: string[] = [];
  jest.spyOn(stream, 'write').mockImplementation((text) => texts.push(String(text)) > 0);
  return texts;
}

afterEach(() => jest.restoreAllMocks());

test('a correction of a file with more keys than are shown goes on, and says that they are not shown', async () => {
  const [pipeline] = parseConfig(CONFIG, 'tallyline.yaml').pipelines;
  const [stdout, stderr] = [written(process.stdout), written(process.stderr)];
  const tooLarge = () => Promise.reject(new TallylineFailure('plan_too_large', 'its files have 5000000 keys'));
  await showDifference(tooLarge(), pipeline!, 'json', { file: 'a' });
  expect(JSON.parse(stdout.join(''))).toEqual({ pipeline: 'bills', file: 'a', difference: null });
  expect(stderr.join('')).toBe('the difference is not shown: its files have 5000000 keys\n');
  const pruned = () => Promise.reject(new TallylineFailure('contribution_pruned', 'it is gone'));
  await expect(showDifference(pruned(), pipeline!, 'table')).rejects.toMatchObject({ code: 'contribution_pruned' });
});
