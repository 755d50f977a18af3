import { createHash, randomBytes } from 'node:crypto';
import {
  DirectRequest,
  PartsStatus,
} from '@model-platform/plugin-model-platform-common';
import { storeInS3 } from '../__testUtils__/artifactStores';
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

describe('files that go to and from S3 itself', () => {
  const content = randomBytes((9 * MIB) / 2).toString('hex');
  const file = fileOf('a/weights & more.bin', content);
  const versions = 'v1/models/direct/versions';
  const blob = `${versions}/1/blobs/${file.digest}`;
  const part = (number: number) =>
    Buffer.from(content).subarray(
      (number - 1) * PART_BYTES,
      number * PART_BYTES,
    );
  /** S3 hangs up on the rest where it refuses a request by its headers. */
  const few = Buffer.from('few');
  const contentDigest = (bytes: Buffer) =>
    `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;
  let platform: TestPlatform;
  let endStore: () => Promise<void>;

  beforeAll(async () => {
    const fixture = await storeInS3({
      direct: { enabled: true, lifeSeconds: 15 },
    });
    endStore = fixture.end;
    platform = await TestPlatform.start({ artifacts: fixture.config });
  });
  afterAll(async () => {
    await platform?.stop();
    await endStore?.();
  });

  const direct = (number: number, as = mira) =>
    platform
      .call('post', `${blob}/parts/${number}/direct`, as)
      .set('content-digest', contentDigest(part(number)));
  const send = async (
    { method, url, headers }: DirectRequest,
    body?: Buffer,
  ) => {
    const response = await fetch(url, {
      method,
      headers,
      body: body && new Uint8Array(body),
    });
    return { status: response.status, bytes: await response.arrayBuffer() };
  };
  const missing = async (): Promise<PartsStatus> =>
    (await platform.call('get', `${blob}/parts`, mira)).body;

  it('takes only the bytes that were signed for, of who may send them, for a while', async () => {
    const opened = await platform
      .call('post', versions, mira)
      .send(draftRequest('direct', { files: [file] }));
    expect(opened.status).toBe(201);
    expect(await missing()).toMatchObject({ direct: true, missing: [1, 2] });
    expect((await direct(1, readerToken)).status).toBe(404);
    expect((await direct(3)).status).toBe(400);

    const { body: first } = await direct(1);
    const other = Buffer.from(part(1));
    other[0] += 1;
    expect((await send(first, other)).status).toBe(400);
    const unsigned = { ...first, headers: {} };
    expect((await send(unsigned, few)).status).toBe(403);
    const { pathname } = new URL(first.url);
    const elsewhere = first.url.replace(pathname, `${pathname}0`);
    expect((await send({ ...first, url: elsewhere }, few)).status).toBe(403);
    expect((await missing()).missing).toEqual([1, 2]);
    const { body: again } = await direct(1);
    expect((await send(again, part(1))).status).toBe(200);
    expect((await missing()).missing).toEqual([2]);

    const { body: second } = await direct(2);
    // Other bytes are refused as such only as long as the address is good.
    let refusal = 400;
    while (refusal === 400) {
      refusal = (await send(second, few)).status;
      await new Promise(resolve => setTimeout(resolve, 200));
    }
    expect(refusal).toBe(403);
    expect(Date.now()).toBeGreaterThanOrEqual(
      Date.parse(second.expiresAt) - 1_000,
    );
    // The others come by way of the platform, as ever.
    const put = await platform
      .call('put', `${blob}/parts/2`, mira)
      .set('content-type', 'application/octet-stream')
      .set('content-digest', contentDigest(part(2)))
      .send(part(2));
    expect(put.status).toBe(201);
    const assembled = await platform.call('post', `${blob}/assemble`, mira);
    expect(assembled.status).toBe(201);
    const ready = await platform.call('post', `${versions}/1/complete`, mira);
    expect(ready.body).toMatchObject({ status: 'ready' });
  });

  it('gives a file to who may read it, and nothing to others', async () => {
    const route = `${versions}/1/direct/${encodeURI(file.path)}`;
    const { body, headers } = await platform.call('get', route, mira);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toMatchObject({
      method: 'GET',
      digest: file.digest,
      sizeBytes: content.length,
    });
    const { status, bytes } = await send(body);
    expect(status).toBe(200);
    expect(
      `sha256:${createHash('sha256')
        .update(new Uint8Array(bytes))
        .digest('hex')}`,
    ).toBe(file.digest);
    const range = { ...body, headers: { range: 'bytes=10-19' } };
    expect(Buffer.from((await send(range)).bytes).toString()).toBe(
      content.slice(10, 20),
    );
    expect((await send({ ...body, method: 'PUT' }, few)).status).toBe(403);
    for (const [where, who] of [
      [route, 'user:default/dana'],
      [`${versions}/1/direct/other.bin`, mira],
    ])
      expect((await platform.call('get', where, who)).status).toBe(404);
  });
});
