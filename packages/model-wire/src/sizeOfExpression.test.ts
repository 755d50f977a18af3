import { sizeOfExpression } from './sizeOfExpression';

describe('sizeOfExpression', () => {
  it.each([
    ['timed? out', 10],
    ['a{3}b{2,5}c{4,}', 12],
    ['.{0,1000}.{0,1000}!', 2_001],
    ['(ab){10}', 30],
    ['((ab{10}){10}){10}', 1_210],
    ['(?:x{30}[(]){30}', 30 * 34],
    ['(x{30}\\(){30}', 30 * 32],
    ['(x{30}[[:alpha:](]){30}', 30 * 32],
    ['(x{30}\\Q(\\E){30}', 30 * 36],
    ['\\p{Greek}{5}\\x{10FFFF}{5}', 10],
    ['[^]{3}(]{100}', 100],
    ['a**{7}', 9],
  ])('of %s is %d', (source, size) => {
    expect(sizeOfExpression(source)).toBe(size);
  });

  it('takes no longer than the expression is long, whatever it is', () => {
    for (const part of ['(', '[', '\\', '{', '\\Q', '[[:', '\\p{'])
      expect(sizeOfExpression(part.repeat(500))).toBeLessThan(2_000);
    const deep = `${'('.repeat(90)}a${'){9}'.repeat(90)}`;
    expect(sizeOfExpression(deep)).toBeGreaterThan(1e80);
  });
});
