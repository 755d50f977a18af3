import { DeploymentSpec } from '@model-platform/plugin-model-platform-common';
import { parseDeploymentSpec } from './parseDeploymentSpec';
import { trafficOf } from './trafficOf';

const variants = {
  main: { name: 'main', version: { number: 1 } },
  next: { name: 'next', version: { number: 2 } },
};

function parse(spec: object) {
  return parseDeploymentSpec('iris', {
    system: 'plants',
    environment: 'local',
    model: 'iris',
    ...spec,
  });
}

describe('how calls are shared out', () => {
  it('takes shares to a tenth of a percent, what keeps callers, and limits', () => {
    const spec: Partial<DeploymentSpec> = {
      strategy: { type: 'weighted', stickyBy: 'json:inputs.customerId' },
      variants: [
        { ...variants.main, weight: 99.9 },
        { ...variants.next, weight: 0.1 },
      ],
      limits: { concurrentCalls: 20, maxBodyBytes: 4_000_000 },
    };
    const { spec: parsed, problems } = parse(spec);
    expect(problems).toEqual([]);
    expect(parsed).toMatchObject(spec);
    expect(parsed && trafficOf(parsed)).toEqual({
      stickyBy: 'json:inputs.customerId',
      concurrentCalls: 20,
      maxBodyBytes: 4_000_000,
    });
    const shadow = parse({
      strategy: { type: 'shadow', stickyBy: 'cookie:visitor' },
      variants: [
        { ...variants.main, weight: 60 },
        { ...variants.next, weight: 40 },
        { name: 'copy', version: { latest: true }, shadow: 12.5 },
      ],
    });
    expect(shadow.problems).toEqual([]);
    expect(trafficOf(parse({}).spec as DeploymentSpec)).toBeUndefined();
  });

  it.each<[string, object, string, RegExp]>([
    [
      'a caller who is known by nothing',
      { strategy: { type: 'weighted', stickyBy: 'customer' } },
      'spec.strategy.stickyBy',
      /header:NAME, cookie:NAME or json:MEMBER/,
    ],
    [
      'a header that is none',
      { strategy: { type: 'weighted', stickyBy: 'header:x customer' } },
      'spec.strategy.stickyBy',
      /header:NAME/,
    ],
    [
      'a member without a name',
      { strategy: { type: 'weighted', stickyBy: 'json:inputs..id' } },
      'spec.strategy.stickyBy',
      /json:MEMBER/,
    ],
    [
      'a shadow of another strategy',
      {
        strategy: { type: 'weighted' },
        variants: [
          { ...variants.main, weight: 100 },
          { ...variants.next, shadow: 100 },
        ],
      },
      'spec.variants[1].shadow',
      /strategy shadow/,
    ],
    [
      'a shadow with a share of the answers',
      {
        strategy: { type: 'shadow' },
        variants: [
          { ...variants.main, weight: 90 },
          { ...variants.next, shadow: 100, weight: 10 },
        ],
      },
      'spec.variants[1].weight',
      /answers nobody/,
    ],
    [
      'no shadow',
      { strategy: { type: 'shadow' }, variants: [variants.main] },
      'spec.variants',
      /one variant must have shadow/,
    ],
    [
      'nothing but shadows',
      {
        strategy: { type: 'shadow' },
        variants: [{ ...variants.main, shadow: 100 }],
      },
      'spec.variants',
      /one variant must answer/,
    ],
    [
      'a shadow of more than everything',
      {
        strategy: { type: 'shadow' },
        variants: [variants.main, { ...variants.next, shadow: 101 }],
      },
      'spec.variants[1].shadow',
      /100/,
    ],
    [
      'weights that are not all of the calls',
      {
        strategy: { type: 'shadow' },
        variants: [
          { ...variants.main, weight: 90 },
          { ...variants.next, shadow: 10 },
        ],
      },
      'spec.variants',
      /add up to 100, not 90/,
    ],
    [
      'a limit of nothing',
      { limits: { concurrentCalls: 0 } },
      'spec.limits.concurrentCalls',
      /1/,
    ],
    [
      'half a byte',
      { limits: { maxBodyBytes: 0.5 } },
      'spec.limits.maxBodyBytes',
      /int/,
    ],
  ])('refuses %s', (_, spec, field, rule) => {
    const { spec: parsed, problems } = parse(spec);
    expect(parsed).toBeUndefined();
    expect(problems).toContainEqual(
      expect.objectContaining({ field, rule: expect.stringMatching(rule) }),
    );
  });
});
