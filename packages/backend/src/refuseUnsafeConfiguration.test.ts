import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ConfigReader } from '@backstage/config';
import { refuseUnsafeConfiguration } from './refuseUnsafeConfiguration';

describe('refuseUnsafeConfiguration', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'configuration-'));
  const file = path.join(folder, 'app-config.yaml');
  fs.writeFileSync(
    file,
    [
      '# ${IN_A_COMMENT}',
      'a: ${GIVEN} # and ${IN_ANOTHER}',
      'b: x-${MISSING}-y',
      'c: ${EMPTY}',
      'd: ${WITH_FALLBACK:-5}',
      'e: $${ESCAPED}',
    ].join('\n'),
  );
  const environment = { GIVEN: '1', EMPTY: '' };
  const forOthers = new ConfigReader({
    backend: { baseUrl: 'https://models.example.org' },
  });

  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it.each([
    ['--config', file],
    [`--config=${file}`],
    ['--config', 'https://configuration.example.org/a', '--config', file],
  ])(
    'tells the variables that are missing, and nothing that follows from it',
    (...argv) => {
      let message = '';
      try {
        refuseUnsafeConfiguration(forOthers, { argv, environment });
      } catch (error) {
        message = String(error);
      }
      expect(message.match(/variable (\w+)/g)).toEqual([
        'variable MISSING',
        'variable EMPTY',
      ]);
      expect(message).toContain(file);
      expect(message).not.toMatch(/sign-in/);
    },
  );

  it('tells what is unsafe where no variable is missing', () => {
    expect(() =>
      refuseUnsafeConfiguration(forOthers, { argv: [], environment }),
    ).toThrow(/not safe[^]*No sign-in/);
  });

  it('lets one machine do as it likes', () => {
    const local = {
      app: { baseUrl: 'http://127.0.0.1:7007' },
      backend: { baseUrl: 'http://127.0.0.1:7007', listen: '127.0.0.1:7007' },
    };
    expect(() =>
      refuseUnsafeConfiguration(new ConfigReader(local), {
        argv: ['--config', file],
        environment,
      }),
    ).not.toThrow();
  });
});
