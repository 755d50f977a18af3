import { isServedPath, parseRequestTarget } from './requestTarget';

describe('parseRequestTarget', () => {
  it('tells endpoint, path and protocol', () => {
    expect(parseRequestTarget('/iris/predict?a=../b')).toEqual({
      endpoint: 'iris',
      rest: 'predict',
      protocol: 'simple',
    });
    expect(parseRequestTarget('/iris/v2/models/my%20model/infer')).toEqual({
      endpoint: 'iris',
      rest: 'v2/models/my%20model/infer',
      protocol: 'oip',
    });
    expect(parseRequestTarget('/iris/invocations')).toMatchObject({
      protocol: 'scoring',
    });
    expect(parseRequestTarget('/')).toMatchObject({ endpoint: '', rest: '' });
  });

  it.each([
    'http://other/iris/predict',
    '*',
    '/iris/../other/predict',
    '/iris/./predict',
    '/iris/v2/..',
    '//iris/predict',
    '/iris//predict',
    '/iris/v2/%2e%2e/metrics',
    '/iris/v2%2fmodels',
    '/iris/v2/%5C..',
    '/iris/v2/%252e%252e/x',
    '/iris/v2\\..\\metrics',
    '/iris/v2/%00',
    '/iris/v2/%zz',
    '/iris/v2/%',
    '/iris/predict#x',
    '/iris/pr\u00e9dict',
  ])('refuses %s', url => {
    expect(parseRequestTarget(url)).toBeUndefined();
  });

  it('serves what applications need and nothing else', () => {
    for (const path of [
      'predict',
      'v2',
      'v2/health/ready',
      'openapi.json',
      'docs',
      'docs/a.js',
      'outcomes',
      'invocations',
      'ping',
      'health',
      'version',
    ]) {
      expect(isServedPath(path)).toBe(true);
    }
    for (const path of [
      '',
      'metrics',
      'predict/',
      'v2metrics',
      'docsx',
      'invocations/x',
      'v1/models',
    ]) {
      expect(isServedPath(path)).toBe(false);
    }
  });
});
