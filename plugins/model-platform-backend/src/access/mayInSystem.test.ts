import { ModelCriterion, ModelFilter } from './ModelFilter';
import { mayInSystem } from './mayInSystem';

const system = (...values: string[]): ModelCriterion => ({
  key: 'system',
  values,
});
const owner = (...values: string[]): ModelCriterion => ({
  key: 'owner',
  values,
});

describe('mayInSystem', () => {
  it.each<[ModelFilter, boolean]>([
    [true, true],
    [false, false],
    [system('a'), true],
    [system('b'), false],
    [owner('x'), true],
    [owner(), false],
    [{ allOf: [owner('x'), system('a', 'b')] }, true],
    [{ allOf: [owner('x'), system('b')] }, false],
    [{ anyOf: [owner(), system('a')] }, true],
    [{ anyOf: [owner(), system('b')] }, false],
    [{ not: system('a') }, false],
    [{ not: system('b') }, true],
    [{ not: owner('x') }, true],
    [{ not: { anyOf: [owner('x'), system('a')] } }, false],
    [{ not: { allOf: [owner('x'), system('a')] } }, true],
  ])('of %j in system a is %s', (filter, expected) => {
    expect(mayInSystem(filter, 'a')).toBe(expected);
  });
});
