import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { until } from '../../__testUtils__/until';
import { FileArtifactStore } from '../artifacts/FileArtifactStore';
import { killReaders } from './__testUtils__/readerPids';
import { ModelFileReader } from './ModelFileReader';
import { VersionReadings } from './VersionReadings';

const root = path.resolve(__dirname, '../../../../..');
const EVIL = "cos\nsystem\n(S'id'\ntR.";

jest.setTimeout(120_000);

describe('VersionReadings', () => {
  let directory: string;
  let artifacts: FileArtifactStore;

  beforeAll(async () => {
    // The program, from its sources.
    execFileSync(process.execPath, [
      path.join(root, 'packages/model-file-reader/scripts/build.cjs'),
    ]);
    directory = await mkdtemp(path.join(os.tmpdir(), 'readings-'));
    artifacts = await FileArtifactStore.create({ directory });
  });
  afterAll(() => rm(directory, { recursive: true }));

  const stored = async (
    content: string | Buffer,
    name: string,
    system = 'patient-care',
  ) => ({
    path: name,
    system,
    ...(await artifacts.write(
      Readable.from([Buffer.from(content)]),
      {},
      system,
    )),
  });
  const create = (budgetMs?: number) =>
    new VersionReadings({ artifacts, reader: new ModelFileReader(), budgetMs });

  it('reads a content once, whatever its names, and remembers what is wrong with it', async () => {
    const readings = create();
    const file = await stored('BZh91AY', 'model.pkl');
    const named = Array.from({ length: 500 }, (_, index) => ({
      ...file,
      path: `${index}.pkl`,
    }));
    const asked = jest.spyOn(artifacts, 'read');
    const found = await readings.pickles(named);
    expect(found).toHaveLength(500);
    expect(found[499]).toMatchObject({
      path: '499.pkl',
      problem: expect.stringContaining('packed with bz2'),
    });
    const times = asked.mock.calls.length;
    expect(times).toBeLessThan(5);
    await readings.pickles(named.slice(0, 10));
    expect(asked).toHaveBeenCalledTimes(times);
    asked.mockRestore();
  });

  it('gives the files of a version so much time altogether', async () => {
    const slow = await Promise.all(
      [1, 2].map(index =>
        stored(gzipSync('N0'.repeat(20_000_000 + index)), `${index}.pkl`),
      ),
    );
    const readings = create(500);
    const problem =
      'reading the files of this version takes longer than 0.5 seconds altogether';
    expect(await readings.pickles(slow)).toMatchObject([
      { path: '1.pkl', problem },
      { path: '2.pkl', problem },
    ]);
    // Nothing is known of what there was no time for.
    const asked = jest.spyOn(artifacts, 'read');
    await until('it is read once more', async () => {
      // On a busy machine that time may be over before the first byte.
      await readings.pickles(slow.slice(1));
      return asked.mock.calls.length > 0;
    });
    asked.mockRestore();
  });

  it('reads for one system while another has it read many files', async () => {
    const readings = create();
    const held = await Promise.all(
      [1, 2, 3].map(index => stored(`N${'N0'.repeat(index)}.`, 'a.pkl', 'big')),
    );
    const small = await stored(EVIL, 'b.pkl', 'small');
    let release: () => void = () => undefined;
    const released = new Promise<void>(resolve => {
      release = resolve;
    });
    const read = artifacts.read.bind(artifacts);
    const asked = jest
      .spyOn(artifacts, 'read')
      .mockImplementation(async (digest, system, range) => {
        if (system === 'big') await released;
        return await read(digest, system, range);
      });
    const big = Promise.all(held.map(file => readings.pickles([file])));
    expect(await readings.pickles([small])).toMatchObject([
      { imports: ['os.system'] },
    ]);
    release();
    expect(await big).toMatchObject(held.map(() => [{ imports: [] }]));
    asked.mockRestore();
  });

  it('says nothing of a file while its store is out of reach', async () => {
    const readings = create();
    const files = [await stored('N.', 'model.pkl')];
    const away = jest
      .spyOn(artifacts, 'read')
      .mockRejectedValue(new Error('out of reach'));
    const failure = new Error('out of reach');
    await expect(readings.pickles(files)).rejects.toEqual(failure);
    await expect(
      readings.of({ version: { files }, system: 'patient-care' }),
    ).rejects.toEqual(failure);
    away.mockRestore();
    expect(await readings.pickles(files)).toMatchObject([{ imports: [] }]);
  });

  it('asks a store that is out of reach for nothing more', async () => {
    const files = await Promise.all(
      [1, 2, 3, 4].map(index =>
        stored(`${'N0'.repeat(index)}N.`, `${index}.pkl`),
      ),
    );
    const away = jest
      .spyOn(artifacts, 'read')
      .mockRejectedValue(new Error('out of reach'));
    const readings = create();
    await expect(readings.pickles(files)).rejects.toThrow('out of reach');
    // Whatever waits for its turn has had it when another one has.
    await expect(
      readings.pickles([await stored('NN0.', '5.pkl')]),
    ).rejects.toThrow('out of reach');
    expect(away).toHaveBeenCalledTimes(2);
    away.mockRestore();
  });

  it('tells of a program that fails, and says of the file that it could not be read', async () => {
    const file = await stored('NNN00.', 'model.pkl');
    const told: unknown[] = [];
    const readings = new VersionReadings({
      artifacts,
      reader: new ModelFileReader(),
      onError: error => told.push(error),
    });
    const asked = jest.spyOn(artifacts, 'read').mockImplementation(async () => {
      killReaders();
      return await new Promise<never>(() => {});
    });
    expect(await readings.pickles([file])).toEqual([
      {
        path: 'model.pkl',
        format: 'pickle',
        problem: 'the platform could not read it',
      },
    ]);
    expect(told).toEqual([
      expect.objectContaining({ name: 'ReaderFailedError' }),
    ]);
    asked.mockRestore();
    // It is not remembered as if it were the file's fault.
    expect(await readings.pickles([file])).toMatchObject([{ imports: [] }]);
  });

  it('looks into whatever an MLmodel may name', async () => {
    const weights = await stored(EVIL, 'model/weights.txt');
    const mlmodel = await stored('flavors: {}', 'model/MLmodel');
    expect(await create().pickles([weights])).toEqual([]);
    expect(await create().pickles([weights, mlmodel])).toEqual([
      { path: 'model/weights.txt', format: 'pickle', imports: ['os.system'] },
    ]);
  });
});
