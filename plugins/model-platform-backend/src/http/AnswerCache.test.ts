import { AnswerCache } from './AnswerCache';

describe('AnswerCache', () => {
  const create = () => new AnswerCache({ maxBytes: 10_000, maxAgeMs: 60_000 });

  it('keeps an answer while its state is the same, and for its question alone', async () => {
    const cache = create();
    const first = await cache.get('a', '1', async () => ({ n: 1 }));
    expect(first.body.toString()).toBe('{"n":1}');
    const never = () => Promise.reject(new Error('asked again'));
    expect(await cache.get('a', '1', never)).toMatchObject(first);
    await expect(cache.get('b', '1', never)).rejects.toThrow('asked again');

    const second = await cache.get('a', '2', async () => ({ n: 2 }));
    expect(second.body.toString()).toBe('{"n":2}');
    expect(second.etag).not.toBe(first.etag);
    expect(await cache.get('a', '2', never)).toMatchObject(second);
  });

  it('makes an answer once for all who ask at one time, and keeps no failure', async () => {
    const cache = create();
    const make = jest.fn(async () => 'x');
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => cache.get('a', '1', make)),
    );
    expect(make).toHaveBeenCalledTimes(1);
    expect(new Set(answers.map(({ etag }) => etag)).size).toBe(1);

    const failing = async () => {
      throw new Error('no database');
    };
    await expect(cache.get('b', '1', failing)).rejects.toThrow('no database');
    expect((await cache.get('b', '1', async () => 1)).body.toString()).toBe(
      '1',
    );
  });

  it('holds no more bytes than it may', async () => {
    const cache = create();
    const make = jest.fn(async () => 'x'.repeat(4_000));
    for (const question of ['a', 'b', 'c'])
      await cache.get(question, '1', make);
    await cache.get('c', '1', make);
    expect(make).toHaveBeenCalledTimes(3);
    await cache.get('a', '1', make);
    expect(make).toHaveBeenCalledTimes(4);
    const large = jest.fn(async () => 'x'.repeat(20_000));
    await cache.get('large', '1', large);
    await cache.get('large', '1', large);
    expect(large).toHaveBeenCalledTimes(2);
  });
});
