import { ConfigReader } from '@backstage/config';
import { readLeaseSeconds } from './readLeaseSeconds';

const read = (leaseSeconds?: number) =>
  readLeaseSeconds(
    new ConfigReader({ modelPlatform: { deployments: { leaseSeconds } } }),
  );

describe('readLeaseSeconds', () => {
  it('takes what a leader can keep, and refuses less', () => {
    expect(read()).toBe(15);
    expect(read(3)).toBe(3);
    expect(() => read(1)).toThrow(
      'modelPlatform.deployments.leaseSeconds is 1; it must be at least 3',
    );
  });
});
