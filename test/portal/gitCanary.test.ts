import { sharedPlatform } from '../platform/sharedPlatform';
import { portalTest as test } from './portalTest';
import { watchGitCanary } from './watchGitCanary';

test('a file in Git is changed: a good version goes through its canary, a bad one is rolled back by itself, under load, watched on the page', async ({
  page,
}) => {
  test.setTimeout(900_000);
  await watchGitCanary(page, sharedPlatform(), {
    name: 'watched-from-git',
    environment: 'local',
    perSecond: 40,
    minCalls: 20,
  });
});
