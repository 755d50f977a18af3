import { isLoopbackHost } from './isLoopbackHost';

describe('isLoopbackHost', () => {
  it.each([
    'localhost',
    'LOCALHOST:7007',
    '127.0.0.1',
    '127.0.0.1:7007',
    '127.1.2.3',
    '[::1]:7007',
    '::1',
  ])('takes %s', host => expect(isLoopbackHost(host)).toBe(true));

  it.each([
    '',
    'example.com',
    'localhost.example.com',
    '127.0.0.1.example.com',
    '128.0.0.1',
    '127.0.0.256',
    '127.0.0',
    '0.0.0.0',
    '[::2]',
    'evil:7007@127.0.0.1.nip.io',
  ])('refuses %s', host => expect(isLoopbackHost(host)).toBe(false));
});
