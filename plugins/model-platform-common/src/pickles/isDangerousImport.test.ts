import { isDangerousImport } from './isDangerousImport';

describe('isDangerousImport', () => {
  it.each([
    'os.system',
    'sklearn.utils.os.system',
    '?.?',
    // As Python 2 had them; pickle maps them to what Python 3 has.
    'cPickle.loads',
    '__builtin__.reduce',
    'urllib2.urlopen',
  ])('takes %s for what no model needs', name => {
    expect(isDangerousImport(name)).toBe(true);
  });

  it.each(['collections.OrderedDict', 'numpy.ndarray', 'builtins.set'])(
    'leaves %s alone',
    name => {
      expect(isDangerousImport(name)).toBe(false);
    },
  );
});
