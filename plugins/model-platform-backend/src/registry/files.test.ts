import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { digestOf, storesOfTests } from '../__testUtils__/artifactStores';
import {
  draftRequest,
  fileOf,
  readerToken,
  TestPlatform,
} from '../__testUtils__/TestPlatform';

jest.setTimeout(120_000);

const MIB = 1024 * 1024;
const PART_BYTES = 8 * MIB;
const mira = 'user:default/mira';

/** By content, in the order of the archive. */
async function unpack(tar: Buffer): Promise<Array<[string, string]>> {
  const files: Array<[string, string]> = [];
  const unpacked = Readable.from([tar]).pipe(extract());
  for await (const entry of unpacked) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>)
      chunks.push(chunk);
    files.push([entry.header.name, digestOf(Buffer.concat(chunks))]);
  }
  return files;
}

describe.each(storesOfTests)('files of versions in %s', (_, createStore) => {
  let platform: TestPlatform;
  let endStore: () => Promise<void>;

  beforeAll(async () => {
    const fixture = await createStore();
    endStore = fixture.end;
    platform = await TestPlatform.start({
      artifacts: fixture.config,
      limits: { systems: [{ system: 'patient-care', bytes: 100 }] },
    });
  });
  afterAll(async () => {
    await platform?.stop();
    await endStore?.();
  });

  it('takes a large file in parts, goes on where it was cut, and gives it back whole', async () => {
    const content = randomBytes((17 * MIB) / 2).toString('hex');
    const large = fileOf('weights.bin', content);
    const small = fileOf(`a/${'very-'.repeat(30)}long name.txt`, 'small');
    const files = [large, small];
    const versions = 'v1/models/large/versions';
    const opened = await platform
      .call('post', versions, mira)
      .send(draftRequest('large', { files }));
    expect(opened.status).toBe(201);
    const blob = `${versions}/1/blobs/${large.digest}`;
    const part = (number: number) =>
      Buffer.from(content).subarray(
        (number - 1) * PART_BYTES,
        number * PART_BYTES,
      );
    const put = async (number: number, bytes: Buffer, of = bytes, as = mira) =>
      await platform
        .call('put', `${blob}/parts/${number}`, as)
        .set('content-type', 'application/octet-stream')
        .set(
          'content-digest',
          `sha-256=:${createHash('sha256').update(of).digest('base64')}:`,
        )
        .send(bytes);
    const status = async () =>
      (await platform.call('get', `${blob}/parts`, mira)).body;

    expect(await status()).toEqual({
      digest: large.digest,
      sizeBytes: 17 * MIB,
      partSizeBytes: PART_BYTES,
      count: 3,
      missing: [1, 2, 3],
    });
    const refused = async (
      call: Promise<{ status: number; body: unknown }>,
    ) => {
      const { status: code, body } = await call;
      return [code, JSON.stringify(body)];
    };
    expect(await refused(put(2, part(2), part(1)))).toEqual([
      400,
      expect.stringContaining('have the digest'),
    ]);
    expect(await refused(put(2, part(3)))).toEqual([
      400,
      expect.stringContaining(`must have ${PART_BYTES} bytes`),
    ]);
    expect(await refused(put(4, part(3)))).toEqual([
      400,
      expect.stringContaining('has the parts 1 to 3'),
    ]);
    expect((await put(2, part(2), part(2), readerToken)).status).toBe(404);
    const unsigned = await platform
      .call('put', `${blob}/parts/2`, mira)
      .set('content-type', 'application/octet-stream')
      .send(part(2));
    expect(unsigned.status).toBe(400);
    expect(unsigned.body.error.message).toContain('Content-Digest');
    const foreign = await platform.call(
      'get',
      `${versions}/1/blobs/sha256:${'0'.repeat(64)}/parts`,
      mira,
    );
    expect(foreign.status).toBe(400);

    expect((await put(2, part(2))).status).toBe(201);
    const early = await platform.call('post', `${blob}/assemble`, mira);
    expect(early.status).toBe(409);
    expect(early.body.error.message).toContain('Part 1 of 3');
    expect((await status()).missing).toEqual([1, 3]);
    await Promise.all([put(1, part(1)), put(3, part(3))]);
    const together = await Promise.all(
      [1, 2].map(() => platform.call('post', `${blob}/assemble`, mira)),
    );
    expect(together.map(({ status: code }) => code)).toEqual([201, 201]);
    const repeated = await platform.call('post', `${blob}/assemble`, mira);
    expect(repeated.status).toBe(201);

    const sent = await platform
      .call('put', `${versions}/1/blobs/${small.digest}`, mira)
      .set('content-type', 'application/octet-stream')
      .send(small.content);
    expect(sent.status).toBe(201);
    const draft = await platform.call('get', `${versions}/1`, mira);
    expect(draft.body.missing).toEqual([]);
    const hidden = await platform.call('get', `${versions}/1/archive`, mira);
    expect(hidden.status).toBe(404);
    const ready = await platform.call('post', `${versions}/1/complete`, mira);
    expect(ready.body).toMatchObject({ status: 'ready' });

    const archives = [];
    for (let time = 1; time <= 2; time += 1) {
      const archive = await platform
        .call('get', `${versions}/1/archive`, mira)
        .parse((response, done) => {
          const chunks: Buffer[] = [];
          response.on('data', chunk => chunks.push(chunk));
          response.on('end', () => done(null, Buffer.concat(chunks)));
        });
      expect(archive.status).toBe(200);
      expect(archive.headers).toMatchObject({
        'content-type': 'application/x-tar',
        'content-disposition':
          "attachment; filename=large-1.tar; filename*=UTF-8''large-1.tar",
      });
      archives.push(archive.body as Buffer);
      const known = await platform
        .call('get', `${versions}/1/archive`, mira)
        .set('if-none-match', archive.headers.etag);
      expect(known.status).toBe(304);
    }
    expect(archives[0].equals(archives[1])).toBe(true);
    expect(await unpack(archives[0])).toEqual([
      [small.path, small.digest],
      [large.path, large.digest],
    ]);
    const stranger = await platform.call(
      'get',
      `${versions}/1/archive`,
      'user:default/dana',
    );
    expect(stranger.status).toBe(404);
  });

  it('refuses what takes a system over its quota, and counts equal files once', async () => {
    const file = (fill: string, size: number) =>
      fileOf(`${fill}.txt`, fill.repeat(size));
    const open = async (
      name: string,
      files: Array<ReturnType<typeof fileOf>>,
      query = '',
    ) =>
      await platform
        .call('post', `v1/models/${name}/versions${query}`, mira)
        .send(draftRequest(name, { files, model: { system: 'patient-care' } }));
    const first = [file('a', 60), file('b', 20)];
    expect((await open('first', first)).status).toBe(201);
    const over = [file('a', 60), file('c', 30)];
    const problem = {
      field: 'files',
      rule: expect.stringContaining(
        'over its quota of 100 bytes: it has 80, and these files add 30',
      ),
      given: 30,
      example: 20,
      source: 'platform',
    };
    const refused = await open('second', over);
    expect(refused.status).toBe(400);
    expect(refused.body.error.problems).toEqual([problem]);
    expect((await open('second', over, '?dryRun=true')).body.problems).toEqual([
      problem,
    ]);
    const equal = [file('a', 60), file('b', 20), file('c', 20)];
    expect((await open('second', equal)).status).toBe(201);
    // Of two at once only one still fits elsewhere; here none does.
    const both = await Promise.all([
      open('third', [file('d', 1)]),
      open('fourth', [file('e', 1)]),
    ]);
    expect(both.map(({ status }) => status)).toEqual([400, 400]);
    expect((await open('fifth', first)).status).toBe(201);
    // What is announced to be small counts as what it is said to be elsewhere.
    const { digest } = file('a', 60);
    const grown = await open('sixth', [
      { ...file('a', 60), digest, sizeBytes: 1_000 },
    ]);
    expect(grown.body.error?.problems).toMatchObject([
      { field: 'files', given: 940 },
    ]);
  });
});
