/**
 * Every command of the README, the guides and the runbooks, from their own text: a shell runs it against real servers, or a step says why
 * not. A command that is new to a guide is run as it stands and must end with 0. The parts build on each other, in this order.
 */
import { guidePages, inlineCommands, loadGuide } from '../helpers/guide-commands';
import { GuideWorld } from '../helpers/guide-world';
import { testGuideToAgents } from './guides/with-agents';
import { testGuideToKubernetes } from './guides/with-helm';
import { testGuidesWithOwnTemporal } from './guides/own-temporal';
import { testGuidesWithUp } from './guides/with-up';
import { testGuideToPostgres } from './guides/with-postgres';
import { testGuidesWithoutServer } from './guides/without-server';

const world = new GuideWorld();
afterAll(() => world.destroy());

testGuidesWithoutServer(world);
testGuideToKubernetes(world);
testGuidesWithUp(world);
testGuidesWithOwnTemporal(world);
testGuideToPostgres(world);
testGuideToAgents(world);

test('commands of Temporal that sentences of the guides name exist', async () => {
  const named = guidePages()
    .filter((page) => !page.includes('runbooks'))
    .flatMap((page) => inlineCommands(loadGuide(page)))
    .filter(({ text }) => /^(?:temporal|tctl) /.test(text));
  expect(named).not.toEqual([]);
  for (const { text } of named) expect((await world.serving.must(`${text} --help`)).stdout).toContain(`\n  ${text} [`);
});

test('no page with commands is left out', () => {
  const pages = guidePages().filter((page) => loadGuide(page).commands.length > 0 || page.includes('runbooks'));
  expect(pages.filter((page) => !world.followed.has(page))).toEqual([]);
});
