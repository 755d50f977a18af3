import { ConfigReader } from '@backstage/config';
import { SignJWT, UnsecuredJWT } from 'jose';
import { TestCiIssuer } from '../../__testUtils__/TestCiIssuer';
import { CiIdentities } from './CiIdentities';
import { readCiIdentities } from './readCiIdentities';

jest.setTimeout(60_000);

const PORTAL = 'https://portal.example.test';
const main = {
  aud: PORTAL,
  sub: 'repo:acme/churn:ref:refs/heads/main',
  repository: 'acme/churn',
  ref: 'refs/heads/main',
  run_id: '1234',
  sha: 'c0ffee',
};

function read(...ciIdentities: object[]) {
  return readCiIdentities(
    new ConfigReader({
      app: { baseUrl: `${PORTAL}/` },
      modelPlatform: { ciIdentities },
    }),
  );
}

const publish = { actions: ['read', 'publish'], systems: ['customer-care'] };

describe('CiIdentities', () => {
  let issuer: TestCiIssuer;
  let other: TestCiIssuer;

  beforeEach(async () => {
    [issuer, other] = await Promise.all([
      TestCiIssuer.start(),
      TestCiIssuer.start(),
    ]);
  });

  afterEach(async () => {
    await Promise.all([issuer.stop(), other.stop()]);
  });

  const identities = (
    claims: object = { repository: 'acme/churn', ref: 'refs/heads/main' },
    more: object = {},
    timeoutMs = 30_000,
  ) =>
    new CiIdentities(
      read(
        {
          name: 'github',
          issuer: issuer.url,
          grants: [{ claims, ...publish }],
          ...more,
        },
        {
          name: 'gitlab',
          issuer: other.url,
          grants: [
            {
              claims: { project_path: 'acme/**', ref_protected: true },
              ...publish,
            },
          ],
        },
      ),
      { timeoutMs, cooldownMs: 0 },
    );

  it('knows a job by its token, whatever its issuer calls things', async () => {
    const ci = identities();
    expect(await ci.tryAuthenticate(await issuer.token(main))).toEqual({
      kind: 'ci',
      identity: 'github',
      actor: 'ci:github:acme/churn@refs/heads/main#1234',
      grants: [publish],
      unmet: [],
      provenance: { repository: 'acme/churn', commit: 'c0ffee', ciRun: '1234' },
    });
    await other.rotate('ES256');
    expect(
      await ci.tryAuthenticate(
        await other.token({
          aud: [PORTAL, 'elsewhere'],
          project_path: 'acme/risk/churn',
          ref: 'main',
          ref_path: 'refs/heads/main',
          ref_protected: 'true',
          job_id: 77,
          sha: 'beef',
        }),
      ),
    ).toMatchObject({
      actor: 'ci:gitlab:acme/risk/churn@refs/heads/main#77',
      provenance: {
        repository: `${other.url}/acme/risk/churn`,
        commit: 'beef',
        ciRun: `${other.url}/acme/risk/churn/-/jobs/77`,
      },
    });
    expect(await ci.tryAuthenticate('a.b.c')).toBeUndefined();
    const slash = await issuer.token({ ...main, iss: `${issuer.url}/` });
    expect(await ci.tryAuthenticate(slash)).toBeUndefined();
  });

  it('takes no token that the issuer did not make, for this portal, for now', async () => {
    const ci = identities();
    const now = Math.floor(Date.now() / 1000);
    const claims = { ...main, iss: issuer.url, exp: now + 300 };
    const shared = new TextEncoder().encode(await issuer.publicKeyText());
    const refused: Array<[string, string]> = [
      [await issuer.token({ ...main, aud: 'elsewhere' }), 'another audience'],
      [await issuer.token({ ...main, aud: undefined }), 'another audience'],
      [await issuer.token({ ...main, exp: now - 60 }), 'expired'],
      [await issuer.token({ ...main, exp: undefined }), 'exp is missing'],
      [await issuer.token({ ...main, nbf: now + 600 }), 'not valid yet'],
      [await issuer.token(main, { kid: 'key-9' }), 'does not have'],
      [await other.token({ ...main, iss: issuer.url }), 'signature'],
      [new UnsecuredJWT(claims).encode(), 'not allowed'],
      [
        await new SignJWT(claims)
          .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
          .sign(shared),
        'not allowed',
      ],
    ];
    for (const [token, why] of refused) {
      const refusal = await ci.tryAuthenticate(token).catch(error => error);
      expect([why, refusal.name]).toEqual([why, 'AuthenticationError']);
      expect(refusal.message).toContain(why);
    }
  });

  it('keeps keys, fetches them anew when they are rotated, and asks nobody twice at once', async () => {
    const ci = identities();
    const token = await issuer.token(main);
    await Promise.all(
      Array.from({ length: 8 }, () => ci.tryAuthenticate(token)),
    );
    expect(Object.fromEntries(issuer.asked)).toEqual({
      '/.well-known/openid-configuration': 1,
      '/jwks': 1,
    });
    await issuer.rotate();
    await ci.tryAuthenticate(await issuer.token(main));
    expect(issuer.asked.get('/jwks')).toBe(2);
    await expect(ci.tryAuthenticate(token)).rejects.toThrow('does not have');
    issuer.state = 'down';
    // What is known stays known.
    await ci.tryAuthenticate(await issuer.token(main));
  });

  it('says that an issuer cannot be asked, holds up nobody else, and goes on when it is back', async () => {
    // One that hangs is given up after that; one that answers needs less of it on a busy machine too.
    const ci = identities(undefined, undefined, 3_000);
    const token = await issuer.token(main);
    for (const state of ['hanging', 'down'] as const) {
      issuer.state = state;
      const waiting = ci.tryAuthenticate(token).catch(error => error);
      const quick = await ci.tryAuthenticate(
        await other.token({
          aud: PORTAL,
          project_path: 'acme/x',
          ref_protected: 'true',
        }),
      );
      expect(quick?.identity).toBe('gitlab');
      expect(await waiting).toMatchObject({
        name: 'ServiceUnavailableError',
        message: expect.stringContaining(issuer.url),
      });
    }
    issuer.state = 'up';
    issuer.claimedIssuer = other.url;
    await expect(ci.tryAuthenticate(token)).rejects.toThrow('cannot be had');
    issuer.claimedIssuer = undefined;
    expect((await ci.tryAuthenticate(token))?.identity).toBe('github');
    const fresh = identities();
    await issuer.stop();
    await expect(fresh.tryAuthenticate(token)).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
    issuer = await TestCiIssuer.start();
  });

  it('asks no discovery where the place of the keys is configured', async () => {
    const ci = identities(undefined, { jwksUri: `${issuer.url}/jwks` });
    await ci.tryAuthenticate(await issuer.token(main));
    expect([...issuer.asked.keys()]).toEqual(['/jwks']);
  });

  it('matches claims to the letter, by list and behind slashes', async () => {
    const job = { ...main, environment: 'production' };
    const granted = async (wanted: object, claims: object = job) =>
      await identities(wanted)
        .tryAuthenticate(await issuer.token({ ...claims }))
        .then(
          () => true,
          error => {
            expect(error.name).toBe('NotAllowedError');
            return false;
          },
        );
    const repository = 'acme/churn';
    expect(await granted({ repository: ['acme/x', 'acme/churn'] })).toBe(true);
    expect(await granted({ repository, environment: 'production' })).toBe(true);
    expect(await granted({ repository, environment: 'staging' })).toBe(false);
    expect(await granted({ repository: 'acme/*' })).toBe(true);
    expect(await granted({ repository: 'acme/ch.rn' })).toBe(false);
    expect(await granted({ repository: 'acme/chur' })).toBe(false);
    expect(await granted({ repository: 'Acme/churn' })).toBe(false);
    const feature = { ...main, ref: 'refs/heads/feature/x' };
    expect(await granted({ repository, ref: 'refs/heads/*' }, feature)).toBe(
      false,
    );
    expect(await granted({ repository, ref: 'refs/heads/**' }, feature)).toBe(
      true,
    );
    expect(await granted({ sub: 'repo:acme/churn:**' })).toBe(true);
    expect(await granted({ repository }, { aud: PORTAL, sub: 'x' })).toBe(
      false,
    );
    expect(
      await granted({ repository }, { ...main, repository: { a: 1 } }),
    ).toBe(false);
  });

  it('says which claim did not fit, but nothing of grants to others', async () => {
    const ci = new CiIdentities(
      read({
        name: 'github',
        issuer: issuer.url,
        grants: [
          { claims: { repository: 'secret/other' }, ...publish },
          {
            claims: { repository: 'acme/churn', ref: 'refs/heads/main' },
            ...publish,
          },
          {
            claims: { repository: 'acme/churn', environment: ['production'] },
            ...publish,
          },
        ],
      }),
    );
    const feature = await issuer.token({ ...main, ref: 'refs/heads/feature' });
    const own = await ci.tryAuthenticate(feature).catch(error => error);
    expect(own.name).toBe('NotAllowedError');
    expect(own.message).toContain(
      'grant 2 of github is for ref refs/heads/main (the job has refs/heads/feature); grant 3 of github is for environment production (the job has none)',
    );
    expect(own.message).not.toContain('secret');
    const stranger = await issuer.token({
      ...main,
      sub: 'x',
      repository: 'evil/x',
    });
    const foreign = await ci.tryAuthenticate(stranger).catch(error => error);
    expect(foreign.message).toContain('repository evil/x');
    expect(foreign.message).not.toMatch(/acme|secret|grant \d|production/);
    expect((await ci.tryAuthenticate(await issuer.token(main)))?.unmet).toEqual(
      ['grant 3 of github is for environment production (the job has none)'],
    );
  });
});

describe('readCiIdentities', () => {
  const identity = {
    name: 'github',
    issuer: 'https://token.actions.githubusercontent.com',
    grants: [{ claims: { repository: 'acme/churn' }, ...publish }],
  };
  const granting = (claims: unknown) => ({
    ...identity,
    grants: [{ claims, ...publish }],
  });

  it('asks for tokens for the portal unless told otherwise', () => {
    expect(read(identity)[0].audience).toEqual([PORTAL]);
    expect(read({ ...identity, audience: 'a' })[0].audience).toEqual(['a']);
    expect(
      read(granting({ repository: 'acme/churn', project_id: 7 }))[0].grants[0]
        .claims,
    ).toEqual({ repository: ['acme/churn'], project_id: ['7'] });
    const sub = 'system:serviceaccount:models-crm--production:*';
    expect(read(granting({ sub }))[0].grants[0].claims).toEqual({ sub: [sub] });
  });

  it.each([
    ['no claims', granting({}), 'at least one claim'],
    ['claims left out', granting(undefined), 'at least one claim'],
    ['an empty list', granting({ repository: [] }), 'claims.repository'],
    ['an empty claim', granting({ repository: '' }), 'must not be empty'],
    [
      'claims that everybody at the issuer has',
      granting({ ref: 'refs/heads/main', environment: 'production' }),
      'whose the job is',
    ],
    ['a wild card alone', granting({ repository: '*' }), 'only behind a slash'],
    ['any owner', granting({ repository: '*/churn' }), 'only behind a slash'],
    ['part of an owner', granting({ repository: 'acm*' }), 'behind a slash'],
    [
      'accounts of any namespace',
      granting({ sub: 'system:serviceaccount:*' }),
      'accounts of a namespace',
    ],
    [
      'accounts of namespaces that begin alike',
      granting({ sub: 'system:serviceaccount:models-*:*' }),
      'accounts of a namespace',
    ],
    ['no grants', { ...identity, grants: [] }, 'grants'],
    [
      'a field that nobody looks at',
      { ...identity, grants: [{ ...identity.grants[0], model: ['churn'] }] },
      'model',
    ],
    [
      'an address that can be changed on the way',
      { ...identity, issuer: 'http://ci.example.test' },
      'https://',
    ],
    ['a name that is none', { ...identity, name: 'a:b' }, 'name'],
  ])('refuses %s, and names the place', (_what, wrong, why) => {
    const refused = () => read(wrong);
    expect(refused).toThrow('modelPlatform.ciIdentities[0] is wrong');
    expect(refused).toThrow(why);
  });

  it('refuses two of one name, and two places of keys for one issuer', () => {
    expect(() => read(identity, identity)).toThrow('[1] has the same name');
    expect(() =>
      read(identity, {
        ...identity,
        name: 'b',
        jwksUri: 'https://elsewhere.test/keys',
      }),
    ).toThrow('[1].jwksUri is not that of github');
  });
});
