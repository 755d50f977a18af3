import { makeRequestId, verifyRequestId } from './requestId';

const SECRET = 'a secret that is long enough';

describe('requestId', () => {
  it('carries time, revision and variant, and proves them', () => {
    const id = makeRequestId(SECRET, 'iris', {
      at: 1_790_000_000_123,
      revision: 70_000,
      variantIndex: 3,
    });
    expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{40}$/);
    expect(verifyRequestId(SECRET, 'iris', id)).toEqual({
      at: 1_790_000_000_123,
      revision: 70_000,
      variantIndex: 3,
    });
    const refused = makeRequestId(SECRET, 'iris', { revision: 1 });
    expect(verifyRequestId(SECRET, 'iris', refused)).toMatchObject({
      variantIndex: undefined,
    });
  });

  it('is refused for another endpoint, with another secret, and with any character changed', () => {
    const id = makeRequestId(SECRET, 'iris', { revision: 2, variantIndex: 0 });
    expect(verifyRequestId(SECRET, 'other', id)).toBeUndefined();
    expect(
      verifyRequestId('another secret altogether', 'iris', id),
    ).toBeUndefined();
    for (let place = 0; place < id.length; place += 1) {
      const changed =
        id.slice(0, place) +
        (id[place] === 'z' ? 'y' : 'z') +
        id.slice(place + 1);
      expect(verifyRequestId(SECRET, 'iris', changed)).toBeUndefined();
    }
    for (const text of [
      '',
      id.slice(1),
      `${id}0`,
      id.toUpperCase(),
      'i'.repeat(40),
    ]) {
      expect(verifyRequestId(SECRET, 'iris', text)).toBeUndefined();
    }
  });

  it('sorts by time and never repeats', () => {
    const ids = Array.from({ length: 5_000 }, (_, index) =>
      makeRequestId(SECRET, 'iris', {
        at: 1_790_000_000_000 + index,
        revision: 1,
        variantIndex: 0,
      }),
    );
    expect([...ids].sort()).toEqual(ids);
    const sameTime = Array.from({ length: 5_000 }, () =>
      makeRequestId(SECRET, 'iris', {
        at: 1_790_000_000_000,
        revision: 1,
        variantIndex: 0,
      }),
    );
    expect(new Set(sameTime).size).toBe(5_000);
  });
});
