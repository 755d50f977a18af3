import { createHash, timingSafeEqual } from 'node:crypto';
import { Config } from '@backstage/config';
import { AuthenticationError } from '@backstage/errors';
import { createProxyAuthenticator } from '@backstage/plugin-auth-node';
import { isLoopbackHost } from './isLoopbackHost';
import { readSamplePeople, SamplePerson } from './SamplePerson';

const KEY_HEADER = 'x-sign-in-key';
const PERSON_HEADER = 'x-sign-in-person';
const SHORTEST_KEY = 16;

const equal = (left: string, right: string) =>
  timingSafeEqual(
    createHash('sha256').update(left).digest(),
    createHash('sha256').update(right).digest(),
  );

/**
 * Signs in as one of the people of `modelPlatform.signIn.people` whoever holds
 * this start's key. Throws at start-up unless everything is bound to loopback.
 */
export function createSamplePeopleAuthenticator(rootConfig: Config) {
  const host = rootConfig.getOptionalString('backend.listen.host');
  const baseUrl = new URL(rootConfig.getString('backend.baseUrl'));
  if (
    host === undefined ||
    !isLoopbackHost(host) ||
    !isLoopbackHost(baseUrl.hostname)
  ) {
    throw new Error(
      `Sign-in as a sample person works on loopback only, but backend.listen.host is '${
        host ?? '(every address)'
      }' and backend.baseUrl '${
        baseUrl.href
      }'. Remove auth.providers.sample-people and configure a real sign-in.`,
    );
  }
  const key = rootConfig.getString('modelPlatform.signIn.key');
  if (key.length < SHORTEST_KEY) {
    throw new Error(
      `modelPlatform.signIn.key must have at least ${SHORTEST_KEY} characters; \`npm start\` makes one.`,
    );
  }
  const people = new Map(
    readSamplePeople(rootConfig).map(person => [person.entityRef, person]),
  );

  return createProxyAuthenticator<void, SamplePerson, undefined>({
    defaultProfileTransform: async person => ({
      profile: { displayName: person.name },
    }),
    initialize() {},
    async authenticate({ req }) {
      const givenKey = req.header(KEY_HEADER);
      if (!givenKey) {
        throw new AuthenticationError(
          'No sign-in key. Open the address that `npm start` printed.',
        );
      }
      if (!equal(givenKey, key)) {
        throw new AuthenticationError(
          'The sign-in key is of another start. Open the address that `npm start` printed last.',
        );
      }
      const person = people.get(
        (req.header(PERSON_HEADER) ?? '').toLocaleLowerCase('en-US'),
      );
      if (!person) {
        throw new AuthenticationError(
          `Not one of the sample people: ${[...people.keys()].join(', ')}.`,
        );
      }
      return { result: person };
    },
  });
}
