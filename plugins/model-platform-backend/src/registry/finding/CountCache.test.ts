import { CountCache } from './CountCache';

it('gives out what was counted, and counts again beside it', async () => {
  let now = 0;
  let counted = 0;
  let fails = false;
  const errors: unknown[] = [];
  const cache = new CountCache<number>({
    now: () => now,
    onError: error => errors.push(error),
  });
  const get = (key: string) =>
    cache.get(
      key,
      async () => {
        if (fails) throw new Error('no database');
        counted += 1;
        return counted;
      },
      value => key === 'large' && value > 0,
    );
  expect([await get('small'), await get('small')]).toEqual([1, 2]);
  expect([await get('large'), await get('large')]).toEqual([3, 3]);
  now += 20_000;
  expect(await get('large')).toBe(3);
  expect(await get('large')).toBe(4);
  now += 20_000;
  fails = true;
  expect(await get('large')).toBe(4);
  await new Promise(setImmediate);
  expect(errors).toEqual([new Error('no database')]);
  fails = false;
  expect(await get('large')).toBe(4);
  await new Promise(setImmediate);
  expect(await get('large')).toBe(5);
  now += 3_600_000;
  expect(await get('large')).toBe(6);
});
