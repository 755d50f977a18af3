import { isBelow } from './isBelow';

describe('isBelow', () => {
  it.each([
    ['https://github.com/acme', 'https://github.com/acme/x/blob/main/m.yaml'],
    ['https://github.com/acme', 'https://github.com/acme/x/tree/main/m.yaml'],
    ['https://github.com/acme/', 'https://github.com/acme/x/blob/main/m.yaml'],
    ['https://GitHub.com/acme', 'https://github.com/acme/x/blob/main/m.yaml'],
    [
      'https://gitlab.example.org/acme/models',
      'https://gitlab.example.org/acme/models/x/-/blob/main/m.yaml',
    ],
    ['https://github.com', 'https://github.com/acme/x/blob/main/m.yaml'],
    ['model-platform-git:', 'model-platform-git:x@main/m.yaml'],
    ['/srv/ml', '/srv/ml/m.yaml'],
  ])('%s holds %s', (prefix, location) => {
    expect(isBelow(location, prefix)).toBe(true);
  });

  it.each([
    'https://github.com/acme-evil/x/blob/main/m.yaml',
    'https://github.com/acme.evil.org/x/blob/main/m.yaml',
    'https://github.com.evil.org/acme/x/blob/main/m.yaml',
    'https://evil.org/https://github.com/acme/x',
    'https://github.com@evil.org/acme/x/blob/main/m.yaml',
    'https://github.com/acme@evil.org/x/blob/main/m.yaml',
    'https://acme@github.com/acme/x/blob/main/m.yaml',
    'http://github.com/acme/x/blob/main/m.yaml',
    'https://github.com:8443/acme/x/blob/main/m.yaml',
    'https://github.com//acme/x/blob/main/m.yaml',
    'https://github.com/acme/../evil/x/blob/main/m.yaml',
    'https://github.com/acme/%2e%2e/evil/x/blob/main/m.yaml',
    'https://github.com/acme/x/blob/main/..%2f..%2fm.yaml',
    'https://github.com/acme\\..\\evil/x/blob/main/m.yaml',
    'https://github.com/acme/.\t./evil/x/blob/main/m.yaml',
    'https://github.com/acme/.\n./evil/x/blob/main/m.yaml',
    'https://github.com/ACME-evil/x/blob/main/m.yaml',
    'model-platform-git:acme',
  ])('https://github.com/acme does not hold %j', location => {
    expect(isBelow(location, 'https://github.com/acme')).toBe(false);
  });
});
