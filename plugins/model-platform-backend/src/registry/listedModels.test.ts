import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  draftRequest,
  fileOf,
  publisherToken,
  readerToken,
  TestPlatform,
} from '../__testUtils__/TestPlatform';

jest.setTimeout(120_000);

const mira = 'user:default/mira';

describe('lists of models of two portals on one database', () => {
  let directory: string;
  const platforms: TestPlatform[] = [];

  beforeAll(async () => {
    directory = await fs.mkdtemp(path.join(os.tmpdir(), 'model-platform-two-'));
    for (let count = 0; count < 2; count += 1)
      platforms.push(await TestPlatform.start({}, [], directory));
  });
  afterAll(async () => {
    for (const platform of platforms) await platform.stop({ keep: true });
    await fs.rm(directory, { recursive: true, force: true });
  });

  const listOf = async (platform: TestPlatform, as: string, query = '') => {
    const answer = await platform.call('get', `v1/models${query}`, as);
    expect(answer.status).toBe(200);
    return answer.body.items;
  };
  const namesOf = async (as: string, query = '') => {
    const [one, other] = await Promise.all(
      platforms.map(platform => listOf(platform, as, query)),
    );
    expect(other).toEqual(one);
    return one.map(({ name }: { name: string }) => name);
  };
  const publish = async (platform: TestPlatform, name: string) => {
    const files = [fileOf('model.onnx', name)];
    await platform.publish(draftRequest(name, { files }), files, mira);
  };

  it('show every change that was answered, whichever made it, to each what it may see', async () => {
    const [one, other] = platforms;
    expect(await namesOf(mira)).toEqual([]);
    await publish(one, 'iris');
    expect(await namesOf(mira)).toEqual(['iris']);
    await publish(other, 'orchid');
    expect(await namesOf(mira)).toEqual(['iris', 'orchid']);
    expect(await namesOf(readerToken)).toEqual(['iris', 'orchid']);

    const described = await one
      .call('patch', 'v1/models/iris', mira)
      .send({ description: 'New words' });
    expect(described.status).toBe(200);
    const [iris] = await listOf(other, mira);
    expect(iris.description).toBe('New words');

    const alias = await other
      .call('put', 'v1/models/iris/aliases/champion', mira)
      .send({ version: 1 });
    expect(alias.status).toBe(200);
    expect((await listOf(one, mira))[0].aliases).toEqual({ champion: 1 });

    const archived = await one.call('delete', 'v1/models/iris', mira);
    expect(archived.status).toBe(200);
    expect(await namesOf(mira)).toEqual(['orchid']);
    expect(await namesOf(mira, '?filter=archived%3Dtrue')).toEqual(['iris']);
    // Dana is in no group that anything is shared with.
    expect(await namesOf('user:default/dana')).toEqual([]);
    expect(await namesOf(publisherToken)).toEqual(['orchid']);
  });

  it('are not sent again to who has them', async () => {
    const [one] = platforms;
    const first = await one.call('get', 'v1/models', mira);
    const ask = () =>
      one
        .call('get', 'v1/models', mira)
        .set('if-none-match', first.get('etag') ?? '');
    expect((await ask()).status).toBe(304);
    await publish(platforms[1], 'tulip');
    const changed = await ask();
    expect(changed.status).toBe(200);
    expect(changed.body.totalItems).toBe(2);
    expect(changed.get('content-type')).toContain('application/json');
  });
});
