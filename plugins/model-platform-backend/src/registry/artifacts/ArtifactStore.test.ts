import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ArtifactStore,
  PartedBlob,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import {
  collect,
  digestOf,
  s3OfTests,
  storeInS3,
  storesOfTests,
  StoreFixture,
  streamOf,
} from '../../__testUtils__/artifactStores';
import { CuttableProxy } from '../../__testUtils__/CuttableProxy';
import { countParts, partSizeAt } from './blobNames';
import { FileArtifactStore } from './FileArtifactStore';
import { S3ArtifactStore } from './S3ArtifactStore';

jest.setTimeout(120_000);

const MIB = 1024 * 1024;
const SCOPE = 'plant-catalogue';

describe.each(storesOfTests)('ArtifactStore in %s', (_, create) => {
  let fixture: StoreFixture;
  let store: ArtifactStore;

  beforeAll(async () => {
    fixture = await create();
    store = fixture.store;
  });
  afterAll(async () => await fixture?.end());

  const read = async (digest: Sha256, range?: { start: number; end: number }) =>
    Buffer.concat(await (await store.read(digest, SCOPE, range)).toArray());
  /** By their hash: comparing millions of bytes one by one takes minutes. */
  const expectWhole = async (digest: Sha256) => {
    const content = await read(digest);
    expect(digestOf(content)).toBe(digest);
    const end = content.length - 1;
    for (const range of [undefined, { start: 1 }, { start: end >> 1, end }]) {
      const hash = createHash('sha256');
      for await (const piece of await store.readPieces(digest, SCOPE, range)) {
        hash.update(piece);
        // Whoever lends a piece may write over it from here on.
        await sleep(0);
      }
      expect(hash.digest('hex')).toBe(
        digestOf(content.subarray(range?.start)).slice('sha256:'.length),
      );
      if (content.length === 0) break;
    }
  };

  it('takes a blob whole or not at all, and keeps systems apart', async () => {
    const content = Buffer.from(`content ${randomUUID()}`);
    const digest = digestOf(content);
    const sizeBytes = content.length;
    const write = async (bytes: Buffer, size?: number) =>
      await store.write(streamOf(bytes), { digest, sizeBytes: size }, SCOPE);
    await expect(write(Buffer.from('other'))).rejects.toThrow(
      'have the digest',
    );
    await expect(write(content, 3)).rejects.toThrow('More bytes');
    await expect(write(content, 99)).rejects.toThrow(
      `${sizeBytes} bytes were sent`,
    );
    expect(await store.has(digest, SCOPE)).toBe(false);
    await expect(store.read(digest, SCOPE)).rejects.toThrow('no blob');

    const stored = { digest, sizeBytes };
    expect(await write(content, sizeBytes)).toEqual(stored);
    expect(await write(content, sizeBytes)).toEqual(stored);
    expect(await store.stat(digest, SCOPE)).toEqual(stored);
    for (const other of ['b', `other/${SCOPE}`, `../${SCOPE}`, '..'])
      expect(await store.has(digest, other)).toBe(false);
    await expectWhole(digest);
    expect((await read(digest, { start: 1, end: 3 })).toString()).toBe('ont');
    await expect(store.read(digest, 'b')).rejects.toThrow('no blob');
    await expect(store.readPieces(digest, 'b')).rejects.toThrow('no blob');
    await expect(store.has('sha256:../../x', SCOPE)).rejects.toThrow(
      'hexadecimal',
    );
    const elsewhere = `other/${SCOPE}`;
    await store.write(streamOf(content), {}, elsewhere);
    const listed = await collect(store.list());
    expect(listed.map(({ storedAt: __, ...blob }) => blob)).toEqual(
      expect.arrayContaining([
        { ...stored, scope: SCOPE },
        { ...stored, scope: elsewhere },
      ]),
    );
    for (const { storedAt } of listed)
      expect(Date.now() - storedAt.getTime()).toBeLessThan(3_600_000);
    await store.delete(digest, SCOPE);
    await store.delete(digest, SCOPE);
    expect(await store.has(digest, SCOPE)).toBe(false);
    expect(await store.has(digest, elsewhere)).toBe(true);
    expect(await fixture.begun()).toBe(0);
  });

  it('streams what is larger than its buffers, with and without a known digest, and what is empty', async () => {
    const large = randomBytes(12 * MIB + 7);
    const empty = Buffer.alloc(0);
    for (const content of [large, empty]) {
      const stored = { digest: digestOf(content), sizeBytes: content.length };
      expect(await store.write(streamOf(content), {}, SCOPE)).toEqual(stored);
      await expectWhole(stored.digest);
      await store.delete(stored.digest, SCOPE);
      // Two at once: both find it there, whole.
      const [one, two] = await Promise.all([
        store.write(streamOf(content), stored, SCOPE),
        store.write(streamOf(content), stored, SCOPE),
      ]);
      expect([one, two]).toEqual([stored, stored]);
      await expectWhole(stored.digest);
    }
    await expect(
      store.write(streamOf(large), { digest: digestOf(empty) }, SCOPE),
    ).rejects.toThrow('have the digest');
    await expectWhole(digestOf(empty));
    expect(await fixture.begun()).toBe(0);
  });

  it('leaves nothing of an upload that is cut in the middle', async () => {
    const content = randomBytes(14 * MIB);
    const digest = digestOf(content);
    const cut = Readable.from(
      (async function* pieces() {
        for await (const piece of streamOf(content.subarray(0, 11 * MIB)))
          yield piece;
        throw new Error('connection cut');
      })(),
      { objectMode: false },
    );
    const expected = { digest, sizeBytes: content.length };
    await expect(store.write(cut, expected, SCOPE)).rejects.toThrow(
      'connection cut',
    );
    expect(await store.has(digest, SCOPE)).toBe(false);
    expect(await fixture.begun()).toBe(0);
    await store.write(streamOf(content), expected, SCOPE);
    await expectWhole(digest);
  });

  describe('in parts', () => {
    const content = randomBytes(13 * MIB + 5);
    const newBlob = (): PartedBlob => ({
      scope: SCOPE,
      owner: randomUUID(),
      digest: digestOf(content),
      sizeBytes: content.length,
      partSizeBytes: 5 * MIB,
    });
    const send = async (blob: PartedBlob, number: number, bytes?: Buffer) => {
      const start = (number - 1) * blob.partSizeBytes;
      const part =
        bytes ?? content.subarray(start, start + partSizeAt(blob, number));
      const digest = digestOf(part);
      await store.writePart(
        blob,
        { number, digest, sizeBytes: part.length },
        streamOf(part),
      );
    };
    const numbers = async (blob: PartedBlob) =>
      (await store.listParts(blob)).map(part => part.number).sort();

    it('puts them together, in whatever order they came', async () => {
      const blob = newBlob();
      expect(countParts(blob)).toBe(3);
      expect(await numbers(blob)).toEqual([]);
      await send(blob, 3);
      await expect(store.assemble(blob)).rejects.toThrow(
        'Part 1 of 3 of sha256:',
      );
      await Promise.all([send(blob, 2), send(blob, 1), send(blob, 1)]);
      expect(await numbers(blob)).toEqual([1, 2, 3]);
      // Nobody else's, and of no other size.
      expect(await numbers({ ...blob, owner: randomUUID() })).toEqual([]);
      expect(await numbers({ ...blob, partSizeBytes: 6 * MIB })).toEqual([]);
      expect(await store.has(blob.digest, SCOPE)).toBe(false);

      // By two portals at once.
      expect(
        await Promise.all([
          store.assemble(blob),
          store.assemble(blob),
          store.has(blob.digest, 'another'),
        ]),
      ).toEqual([
        { digest: blob.digest, sizeBytes: content.length },
        { digest: blob.digest, sizeBytes: content.length },
        false,
      ]);
      await expectWhole(blob.digest);
      expect(await numbers(blob)).toEqual([1, 2, 3]);
      const other = { ...blob, digest: digestOf(Buffer.from('another')) };
      await store.removeParts(SCOPE, blob.owner, other.digest);
      expect(await numbers(blob)).toEqual([1, 2, 3]);
      await store.removeParts(SCOPE, blob.owner, blob.digest);
      expect(await numbers(blob)).toEqual([]);

      // A draft of the same file, which is there already.
      const again = newBlob();
      for (const number of [1, 2, 3]) await send(again, number);
      await store.assemble(again);
      await expectWhole(blob.digest);
      await store.removeParts(SCOPE, again.owner);
      expect(await collect(store.unfinishedUploads())).toEqual([]);
      await store.delete(blob.digest, SCOPE);
    });

    it('refuses a part with other bytes, and a whole of other parts', async () => {
      const blob = newBlob();
      const digest = digestOf(Buffer.from('x'));
      const part = { number: 1, digest, sizeBytes: 5 * MIB };
      await expect(
        store.writePart(blob, part, streamOf(content.subarray(0, 5 * MIB))),
      ).rejects.toThrow('have the digest');
      await expect(
        store.writePart(blob, part, streamOf(content.subarray(0, MIB))),
      ).rejects.toThrow('bytes were sent, but');
      expect(await numbers(blob)).toEqual([]);

      await Promise.all([send(blob, 1, randomBytes(5 * MIB)), send(blob, 2)]);
      await send(blob, 3);
      await expect(store.assemble(blob)).rejects.toThrow('have the digest');
      expect(await store.has(blob.digest, SCOPE)).toBe(false);
      expect(await numbers(blob)).toEqual([]);
      expect(await fixture.begun()).toBe(0);
    });

    it('says what was begun and not ended, and removes it', async () => {
      const blob = newBlob();
      await send(blob, 2);
      await send(blob, 3);
      await send({ ...blob, digest: digestOf(Buffer.from('other')) }, 1);
      await fixture.leaveUpload();
      const found = await collect(store.unfinishedUploads());
      expect(
        found
          .filter(({ owner }) => owner === blob.owner)
          .map(one => one.sizeBytes)
          .sort(),
      ).toEqual([5 * MIB, content.length - 5 * MIB]);
      expect(found.filter(({ owner }) => owner === undefined)).toHaveLength(1);
      expect(await fixture.begun()).toBe(1);
      for (const upload of found) await upload.remove();
      expect(await collect(store.unfinishedUploads())).toEqual([]);
      expect(await fixture.begun()).toBe(0);

      await send(blob, 1);
      await store.removeParts(SCOPE, blob.owner);
      expect(await numbers(blob)).toEqual([]);
    });
  });
});

describe('FileArtifactStore of two portals', () => {
  it('puts together what both took, and changes no blob by a part that comes late', async () => {
    const directory = await fs.mkdtemp(
      path.join(os.tmpdir(), 'model-platform-two-'),
    );
    const [one, other] = [
      await FileArtifactStore.create({ directory }),
      await FileArtifactStore.create({ directory }),
    ];
    const content = randomBytes(11 * MIB);
    const blob = {
      scope: SCOPE,
      owner: randomUUID(),
      digest: digestOf(content),
      sizeBytes: content.length,
      partSizeBytes: 5 * MIB,
    };
    const send = async (
      store: ArtifactStore,
      owner: string,
      number: number,
      from = content,
    ) => {
      const start = (number - 1) * blob.partSizeBytes;
      const bytes = from.subarray(start, start + partSizeAt(blob, number));
      const part = {
        number,
        digest: digestOf(bytes),
        sizeBytes: bytes.length,
      };
      await store.writePart({ ...blob, owner }, part, streamOf(bytes));
    };
    const isWhole = async () => {
      const read = await other.read(blob.digest, SCOPE);
      return digestOf(Buffer.concat(await read.toArray())) === blob.digest;
    };
    await send(one, blob.owner, 1);
    await send(other, blob.owner, 2);
    await send(other, blob.owner, 3);
    await one.assemble(blob);
    expect(await isWhole()).toBe(true);
    await one.delete(blob.digest, SCOPE);

    const own = { ...blob, owner: randomUUID() };
    for (const number of [1, 2, 3]) await send(one, own.owner, number);
    const late = randomBytes(content.length);
    await Promise.all([one.assemble(own), send(one, own.owner, 2, late)]);
    await send(one, own.owner, 1, late);
    await send(other, own.owner, 3, late);
    expect(await isWhole()).toBe(true);
    await fs.rm(directory, { recursive: true });
  });
});

describe('FileArtifactStore on a disk that is full', () => {
  const content = randomBytes(6 * MIB);
  const expected = { digest: digestOf(content), sizeBytes: content.length };

  /** A disk of 4 MiB, for root; others see the same error come up from below. */
  const asRoot = process.platform === 'linux' && process.getuid?.() === 0;
  let directory: string;

  beforeAll(async () => {
    directory = await fs.mkdtemp(
      path.join(os.tmpdir(), 'model-platform-full-'),
    );
    if (asRoot)
      execFileSync('mount', [
        '-t',
        'tmpfs',
        '-o',
        'size=4m',
        'none',
        directory,
      ]);
  });
  afterAll(async () => {
    if (asRoot) execFileSync('umount', [directory]);
    await fs.rm(directory, { recursive: true, force: true });
  });

  it('keeps nothing, says so with 507, and takes what fits', async () => {
    const store = await FileArtifactStore.create({ directory });
    const source = asRoot
      ? streamOf(content)
      : Readable.from(
          (async function* full() {
            yield content.subarray(0, MIB);
            throw Object.assign(new Error('write'), { code: 'ENOSPC' });
          })(),
        );
    await expect(store.write(source, expected, SCOPE)).rejects.toMatchObject({
      name: 'StorageFullError',
      statusCode: 507,
      message: expect.stringContaining('is full'),
    });
    expect(await store.has(expected.digest, SCOPE)).toBe(false);
    expect(await fs.readdir(path.join(directory, '.uploads'))).toEqual([]);
    const small = content.subarray(0, 2 * MIB);
    await store.write(streamOf(small), {}, SCOPE);
    expect(await store.has(digestOf(small), SCOPE)).toBe(true);
  });
});

const describeS3 =
  process.env.MODEL_PLATFORM_TEST_S3 || process.env.CI
    ? describe
    : describe.skip;

describeS3('S3ArtifactStore', () => {
  it('says what is wrong with bucket and credentials', async () => {
    const s3 = s3OfTests();
    const nowhere = S3ArtifactStore.create({ ...s3, bucket: 'not-there' });
    const content = Buffer.from('x');
    const missing = {
      name: 'ServiceUnavailableError',
      message: expect.stringContaining('The bucket not-there is not there'),
    };
    await expect(nowhere.check()).rejects.toMatchObject(missing);
    await expect(
      nowhere.write(streamOf(content), {}, SCOPE),
    ).rejects.toMatchObject(missing);
    const fixture = await storeInS3();
    const { bucket } = fixture.config as { bucket: string };
    await fixture.end();
    const denied = S3ArtifactStore.create({
      ...s3,
      bucket,
      credentials: { ...s3.credentials, secretAccessKey: 'another' },
    });
    await expect(
      denied.write(streamOf(content), {}, SCOPE),
    ).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringContaining('does not let the platform into'),
    });
  });

  it('takes the same bytes from several, though S3 hangs up on what it has already', async () => {
    const proxy = await CuttableProxy.start(s3OfTests().endpoint);
    const { store, end } = await storeInS3({ endpoint: proxy.url });
    try {
      for (let round = 0; round < 20; round += 1) {
        const content = randomBytes(MIB);
        const stored = { digest: digestOf(content), sizeBytes: content.length };
        const writes = Array.from({ length: 6 }, async (_, nth) => {
          await sleep(nth * 7);
          return await store.write(streamOf(content), stored, SCOPE);
        });
        expect(await Promise.all(writes)).toEqual(Array(6).fill(stored));
      }
    } finally {
      await end();
      await proxy.stop();
    }
  });

  it('leaves nothing where S3 is cut off in the middle, and goes on once it is back', async () => {
    const proxy = await CuttableProxy.start(s3OfTests().endpoint);
    const fixture = await storeInS3({ endpoint: proxy.url });
    const { store } = fixture;
    try {
      const content = randomBytes(17 * MIB);
      const expected = { digest: digestOf(content), sizeBytes: content.length };
      const lost = {
        name: 'ServiceUnavailableError',
        message: expect.stringContaining('S3 cannot be reached, or failed'),
      };
      const cutAfter = (bytes: number) =>
        Readable.from(
          (async function* pieces() {
            let sent = 0;
            for await (const piece of streamOf(content)) {
              if (sent < bytes && sent + piece.length >= bytes) proxy.cut();
              sent += piece.length;
              yield piece;
            }
          })(),
          { objectMode: false },
        );
      await expect(
        store.write(cutAfter(12 * MIB), expected, SCOPE),
      ).rejects.toMatchObject(lost);
      await expect(store.has(expected.digest, SCOPE)).rejects.toMatchObject(
        lost,
      );
      proxy.mend();
      expect(await store.has(expected.digest, SCOPE)).toBe(false);

      const blob = {
        ...expected,
        scope: SCOPE,
        owner: randomUUID(),
        partSizeBytes: 16 * MIB,
      };
      const whole = content.subarray(0, 16 * MIB);
      const first = {
        number: 1,
        digest: digestOf(whole),
        sizeBytes: whole.length,
      };
      await expect(
        store.writePart(blob, first, cutAfter(3 * MIB)),
      ).rejects.toMatchObject(lost);
      proxy.mend();
      expect(await store.listParts(blob)).toEqual([]);
      await store.writePart(blob, first, streamOf(whole));
      const rest = content.subarray(16 * MIB);
      const last = {
        number: 2,
        digest: digestOf(rest),
        sizeBytes: rest.length,
      };
      await store.writePart(blob, last, streamOf(rest));
      proxy.cut();
      await expect(store.assemble(blob)).rejects.toMatchObject(lost);
      proxy.mend();
      await store.assemble(blob);
      const read = await store.read(expected.digest, SCOPE);
      expect(digestOf(Buffer.concat(await read.toArray()))).toBe(
        expected.digest,
      );
    } finally {
      await proxy.stop();
      await fixture.end();
    }
  });
});
