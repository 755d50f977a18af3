import { LookupAddress } from 'node:dns';
import { HookReceiver } from '../__testUtils__/HookReceiver';
import { AddressGuard, RefusedAddressError } from './AddressGuard';
import { WebhookSender } from './WebhookSender';

/** Answers with one list after the other, and the last one for ever. */
function resolver(...answers: string[][]) {
  const asked: string[] = [];
  const resolve = (
    host: string,
    _family: number,
    callback: (error: Error | null, addresses: LookupAddress[]) => void,
  ) => {
    asked.push(host);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    callback(
      null,
      (answer ?? []).map(address => ({
        address,
        family: address.includes(':') ? 6 : 4,
      })),
    );
  };
  return { asked, resolve };
}

describe('AddressGuard', () => {
  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0.0.0.0/',
    'https://10.0.0.1/',
    'https://172.16.3.4/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::1]/',
    'https://[::]/',
    'https://[fe80::1]/',
    'https://[fd00::1]/',
    'https://[fec0::1]/',
    'https://[ff02::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:a00:1]/',
    'https://[::127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'http://93.184.216.34/',
    'ftp://93.184.216.34/',
    'https://user:word@93.184.216.34/',
  ])('refuses %s', address => {
    expect(() => new AddressGuard({}).check(new URL(address))).toThrow(
      RefusedAddressError,
    );
  });

  it.each(['https://93.184.216.34/', 'https://[2606:4700::1111]/'])(
    'lets %s pass',
    address => {
      expect(() => new AddressGuard({}).check(new URL(address))).not.toThrow();
    },
  );

  it('allows what is configured, and no more', async () => {
    const { resolve } = resolver(['10.1.2.3']);
    const guard = new AddressGuard({
      allow: ['10.1.0.0/16', 'fd00::/8', '127.0.0.1', 'Hooks.internal'],
      allowHttp: true,
      resolve,
    });
    for (const address of [
      'http://10.1.255.1/',
      'https://[fd12::1]/',
      'http://127.0.0.1:8080/',
      'http://[::ffff:127.0.0.1]/',
    ])
      guard.check(new URL(address));
    for (const address of ['http://10.2.0.1/', 'http://127.0.0.2/'])
      expect(() => guard.check(new URL(address))).toThrow('not public');
    await guard.checkResolved(new URL('http://other.test/'));
    const elsewhere = new AddressGuard({
      allow: ['hooks.internal'],
      resolve,
    });
    await elsewhere.checkResolved(new URL('https://hooks.internal/'));
    await expect(
      elsewhere.checkResolved(new URL('https://other.test/')),
    ).rejects.toThrow('other.test leads to 10.1.2.3');
    expect(() => new AddressGuard({ allow: ['10.0.0.0/99'] })).toThrow(
      'modelPlatform.webhooks.allow',
    );
  });

  it('refuses a name of which any address is not public', async () => {
    const { resolve } = resolver(['93.184.216.34', '127.0.0.1']);
    const guard = new AddressGuard({ resolve });
    await expect(
      guard.checkResolved(new URL('https://mixed.test/')),
    ).rejects.toThrow('127.0.0.1');
  });

  it('connects to what it checked, whatever the name means a moment later', async () => {
    const receiver = await HookReceiver.start();
    const sender = (answers: string[][], allow: string[] = []) => {
      const { asked, resolve } = resolver(...answers);
      const guard = new AddressGuard({ allow, allowHttp: true, resolve });
      return {
        asked,
        guard,
        sender: new WebhookSender({ guard, timeoutMs: 5000 }),
      };
    };
    const url = `http://rebound.test:${receiver.port}/`;
    try {
      // Public when the webhook is made, the machine itself when it is sent to.
      const rebound = sender([['93.184.216.34'], ['127.0.0.1']]);
      await rebound.guard.checkResolved(new URL(url));
      await expect(
        rebound.sender.send({ id: '1', url, body: '{}' }),
      ).rejects.toThrow(RefusedAddressError);
      await rebound.sender.close();
      expect(receiver.received).toEqual([]);

      // It asks once for each connection: what it is told afterwards does not count.
      const pinned = sender([['127.0.0.1'], ['10.0.0.1']], ['127.0.0.1']);
      const answer = await pinned.sender.send({ id: '2', url, body: '{}' });
      await pinned.sender.close();
      expect(answer).toMatchObject({ status: 200, body: 'thank you' });
      expect(pinned.asked).toEqual(['rebound.test']);
      expect(receiver.received).toHaveLength(1);
    } finally {
      await receiver.stop();
    }
  });
});
