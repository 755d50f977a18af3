import { ConfigReader } from '@backstage/config';
import { requirePermissions } from './requirePermissions';

describe('requirePermissions', () => {
  const { NODE_ENV } = process.env;
  afterEach(() => {
    Object.assign(process.env, { NODE_ENV });
  });

  it.each([
    [
      'production',
      {
        permission: { enabled: false },
        backend: { listen: { host: '0.0.0.0' } },
      },
      true,
    ],
    [
      'production',
      { permission: { enabled: false }, backend: { listen: ':7007' } },
      true,
    ],
    ['production', {}, true],
    ['production', { permission: { enabled: true } }, false],
    ['production', { backend: { listen: { host: '127.0.0.1' } } }, false],
    ['production', { backend: { listen: '127.0.0.1:7007' } }, false],
    ['development', {}, false],
  ])('in %s with %j', (environment, config, refused) => {
    Object.assign(process.env, { NODE_ENV: environment });
    let message = '';
    try {
      requirePermissions(new ConfigReader(config));
    } catch (error) {
      message = String(error);
    }
    expect(message.includes('permission.enabled is not true')).toBe(refused);
  });
});
