import { ModelCriterion, ModelFilter } from './ModelFilter';
import { mayInSystem, mayThroughoutSystem } from './mayInSystem';

const system = (...values: string[]): ModelCriterion => ({
  key: 'system',
  values,
});
const owner = (...values: string[]): ModelCriterion => ({
  key: 'owner',
  values,
});

describe('mayInSystem', () => {
  it.each<[ModelFilter, boolean, boolean]>([
    [true, true, true],
    [false, false, false],
    [system('a'), true, true],
    [system('b'), false, false],
    [owner('x'), true, false],
    [owner(), false, false],
    [{ allOf: [owner('x'), system('a', 'b')] }, true, false],
    [{ allOf: [owner('x'), system('b')] }, false, false],
    [{ anyOf: [owner(), system('a')] }, true, true],
    [{ anyOf: [owner('x'), system('a')] }, true, true],
    [{ anyOf: [owner(), system('b')] }, false, false],
    [{ not: system('a') }, false, false],
    [{ not: system('b') }, true, true],
    [{ not: owner('x') }, true, false],
    [{ not: { anyOf: [owner('x'), system('a')] } }, false, false],
    [{ not: { allOf: [owner('x'), system('a')] } }, true, false],
  ])('of %j in system a is %s, throughout it %s', (filter, some, all) => {
    expect(mayInSystem(filter, 'a')).toBe(some);
    expect(mayThroughoutSystem(filter, 'a')).toBe(all);
  });
});
