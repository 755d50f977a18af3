import { mockServices } from '@backstage/backend-test-utils';
import {
  AuthenticationError,
  isError,
  ServiceUnavailableError,
} from '@backstage/errors';
import express from 'express';
import PromiseRouter from 'express-promise-router';
import { UnsecuredJWT } from 'jose';
import request from 'supertest';
import { CallerResolver } from './CallerResolver';
import { CiIdentities } from './ci/CiIdentities';
import { WorkloadIdentities } from './workloads/WorkloadIdentities';

const token = new UnsecuredJWT({})
  .setIssuer('https://portal.example.org/api/auth')
  .encode();

/** Of a portal that answers every token with this error. */
function resolverOf(error: Error): CallerResolver {
  const refuse = async () => {
    throw error;
  };
  return new CallerResolver({
    auth: mockServices.auth.mock({ authenticate: refuse }),
    httpAuth: mockServices.httpAuth.mock({ credentials: refuse }),
    // A token with dots is none of these.
    tokens: undefined as never,
    ci: new CiIdentities([]),
    workloads: new WorkloadIdentities([]),
  });
}

async function answersOf(resolver: CallerResolver): Promise<string[]> {
  const answer = (error: unknown) =>
    isError(error) ? `${error.name}: ${error.message}` : 'none';
  const router = PromiseRouter();
  router.get('/', async req => {
    await resolver.fromRequest(req);
  });
  const app = express();
  app.use(router);
  app.use(
    (error: unknown, _req: unknown, res: express.Response, _next: unknown) => {
      res.send(answer(error));
    },
  );
  const { text } = await request(app)
    .get('/')
    .set('authorization', `Bearer ${token}`);
  return [text, await resolver.fromToken(token).then(String, answer)];
}

describe('CallerResolver', () => {
  it('says whose the token is that nobody accepts', async () => {
    for (const answer of await answersOf(
      resolverOf(new AuthenticationError('Illegal token')),
    ))
      expect(answer).toMatch(
        /^AuthenticationError: This token of https:\/\/portal.example.org\/api\/auth is not accepted/,
      );
  });

  it('takes no failure of the portal for a refusal, so that nobody is signed out by one', async () => {
    for (const error of [
      new ServiceUnavailableError('The keys cannot be had'),
      new TypeError('fetch failed'),
    ])
      for (const answer of await answersOf(resolverOf(error)))
        expect(answer).toBe(`${error.name}: ${error.message}`);
  });
});
