/** What estimators of the usual libraries are made of; names in modules that have others, too, one by one. */
export const defaultModules = [
  'sklearn',
  'numpy',
  'scipy',
  'pandas',
  'xgboost',
  'lightgbm',
  'joblib.numpy_pickle',
  'copyreg._reconstructor',
  'copy_reg._reconstructor',
  '_codecs.encode',
  ...'OrderedDict defaultdict deque Counter namedtuple'
    .split(' ')
    .map(name => `collections.${name}`),
  ...'date datetime time timedelta timezone'
    .split(' ')
    .map(name => `datetime.${name}`),
  'decimal.Decimal',
  'fractions.Fraction',
  'uuid.UUID',
  ...[
    'bool int float complex str bytes bytearray',
    'list tuple dict set frozenset range slice object',
  ]
    .join(' ')
    .split(' ')
    .flatMap(name => [`builtins.${name}`, `__builtin__.${name}`]),
  '__builtin__.unicode',
  '__builtin__.long',
];
