import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import knexFactory, { Knex } from 'knex';
import { keepStatements } from './keepStatements';
import { LogFlush } from './LogFlush';
import { makeDurable } from './makeDurable';

describe('SQLite with its log flushed by the platform', () => {
  let directory: string;
  let knex: Knex;
  let flushes: jest.SpyInstance;

  beforeEach(async () => {
    directory = await fs.mkdtemp(path.join(os.tmpdir(), 'model-platform-log-'));
    knex = knexFactory({
      client: 'better-sqlite3',
      connection: { filename: path.join(directory, 'a.sqlite') },
      useNullAsDefault: true,
    });
    await keepStatements(knex);
    await makeDurable(knex);
    await knex.schema.createTable('things', table => {
      table.string('name').primary();
    });
    const handle = await fs.open(path.join(directory, 'a.sqlite'), 'r');
    flushes = jest.spyOn(Object.getPrototypeOf(handle), 'datasync');
    await handle.close();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await knex.destroy();
    await fs.rm(directory, { recursive: true });
  });

  const add = (name: string) =>
    knex.transaction(async tx => {
      await tx('things').insert({ name });
      return name;
    });

  it('has each change on the disk before it counts as made, those of a time together', async () => {
    await add('first');
    expect(flushes).toHaveBeenCalledTimes(1);
    await knex('things').insert({ name: 'second' });
    expect(flushes).toHaveBeenCalledTimes(2);

    const names = Array.from({ length: 20 }, (_, index) => `many-${index}`);
    expect(await Promise.all(names.map(add))).toEqual(names);
    expect(flushes.mock.calls.length - 2).toBeLessThan(names.length);
    expect(await knex('things').pluck('name')).toHaveLength(22);

    const before = flushes.mock.calls.length;
    await knex('things');
    await knex.transaction(async tx => await tx('things').first());
    expect(flushes).toHaveBeenCalledTimes(before);
  });

  it('counts nothing as made once a flush failed', async () => {
    flushes.mockRejectedValueOnce(new Error('EIO: the disk is broken'));
    await expect(add('first')).rejects.toThrow('the disk is broken');
    await expect(add('second')).rejects.toThrow('the disk is broken');
    await expect(knex('things').insert({ name: 'third' })).rejects.toThrow(
      'the disk is broken',
    );
  });

  it('says of a transaction that fails what failed, and keeps nothing of it', async () => {
    await add('first');
    await expect(add('first')).rejects.toThrow('UNIQUE');
    expect(await knex('things').pluck('name')).toEqual(['first']);
  });

  it('goes on with a connection that was made anew', async () => {
    await add('first');
    const connection = await knex.client.acquireConnection();
    connection.__knex__disposed = new Error('lost');
    await knex.client.releaseConnection(connection);
    const before = flushes.mock.calls.length;
    await add('second');
    expect(flushes).toHaveBeenCalledTimes(before + 1);
    expect(await knex('things').pluck('name')).toEqual(['first', 'second']);
  });

  it('asks kept statements of the tables as they are now', async () => {
    await add('first');
    expect(await knex('things')).toEqual([{ name: 'first' }]);
    await knex.schema.alterTable('things', table => {
      table.string('more').defaultTo('new');
    });
    expect(await knex('things')).toEqual([{ name: 'first', more: 'new' }]);
  });
});

describe('LogFlush', () => {
  it('rejects where there is no log to flush', async () => {
    const flush = new LogFlush('/nowhere/a.sqlite-wal');
    flush.note();
    await expect(flush.settle()).rejects.toThrow('ENOENT');
  });
});
