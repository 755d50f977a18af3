import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  createReadStream,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { Agent, request } from 'node:http';
import {
  AddressInfo,
  connect,
  createServer as createTcpServer,
  Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayState } from '@model-platform/model-wire';
import {
  ADMIN_SECRET,
  EXPIRED,
  freePort,
  ID_SECRET,
  METRICS_SECRET,
  OTHER,
  routeOf,
  TestGateway,
  TOKEN,
  until,
} from './__testUtils__/TestGateway';
import { verifyRequestId } from './requestId';

jest.setTimeout(120_000);

const gateway = new TestGateway();
const { admin, call, echo, metric, put, upstream } = gateway;
let url: string;
let adminUrl: string;

/** Writes into a pipe until it has no room for a byte more. */
function fill(pipe: number) {
  for (const chunk of [Buffer.alloc(4_096), Buffer.alloc(1)]) {
    try {
      for (;;) {
        writeSync(pipe, chunk);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
        throw error;
      }
    }
  }
}

beforeAll(async () => {
  await gateway.start();
  ({ url, adminUrl } = gateway);
}, 60_000);

afterAll(gateway.stop);

describe('Gateway', () => {
  it('answers 503 until it has its first plan, 404 from then on', async () => {
    const early = await call('/iris/predict');
    expect(early.status).toBe(503);
    expect(early.headers['retry-after']).toBe('1');
    expect((await fetch(`${adminUrl}/health/ready`)).status).toBe(503);

    const route = routeOf('iris', { main: { urls: [await echo('first')] } });
    expect((await admin('PUT', '/routes', { routes: [route] })).status).toBe(
      200,
    );
    expect((await fetch(`${adminUrl}/health/ready`)).status).toBe(200);
    expect((await call('/iris/predict')).status).toBe(200);

    const unknown = await call('/nothing/predict');
    expect(unknown.status).toBe(404);
    expect(JSON.parse(unknown.text)).toEqual({
      error: {
        name: 'NotFoundError',
        message: 'There is no endpoint at this address',
      },
      requestId: unknown.headers['x-request-id'],
    });
  });

  it('forwards a call unchanged but for what is not the runner’s business', async () => {
    await put(
      routeOf(
        'iris',
        { main: { urls: [await echo('plain')] } },
        { revision: 7 },
      ),
    );
    const answer = await call('/iris/v2/models/iris/infer?a=b%2F..', {
      body: 'some bytes',
      headers: {
        'x-request-id': 'mine',
        'x-correlation-id': 'order-17',
        'x-model-runner-secret': 'guess',
        'x-own': 'kept',
        cookie: 'session=secret',
        connection: 'keep-alive, x-hop',
        'x-hop': 'gone',
      },
    });
    expect(answer.status).toBe(200);
    const seen = JSON.parse(answer.text);
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/iris/v2/models/iris/infer?a=b%2F..',
      bytes: 10,
    });
    expect(seen.headers).toMatchObject({
      'x-own': 'kept',
      'x-correlation-id': 'order-17',
      'x-model-runner-secret': 'runner-secret-of-this-test',
      'x-request-id': answer.headers['x-request-id'],
    });
    for (const name of ['authorization', 'cookie', 'x-hop']) {
      expect(seen.headers).not.toHaveProperty(name);
    }
    expect(answer.headers).toMatchObject({
      'x-model-version': '1',
      'x-model-variant': 'main',
      'x-correlation-id': 'order-17',
    });
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(answer.headers).not.toHaveProperty('x-model-runner-secret');
    expect(
      verifyRequestId(
        ID_SECRET,
        'iris',
        String(answer.headers['x-request-id']),
      ),
    ).toMatchObject({
      revision: 7,
      variantIndex: 0,
    });
    const hostile = await call('/iris/predict', {
      headers: { 'x-correlation-id': 'a b<script>' },
    });
    expect(hostile.headers).not.toHaveProperty('x-correlation-id');
  });

  it('counts and tells by its own revision what is tried beside another one', async () => {
    const route = routeOf(
      'tried',
      {
        main: { urls: [await echo('stable')] },
        'main@8': { urls: [await echo('new')] },
      },
      { revision: 7 },
    );
    Object.assign(route.variants[1].labels, { variant: 'main', revision: '8' });
    await put(route);
    const told = new Map<string, unknown>();
    while (told.size < 2) {
      const { text, headers } = await call('/tried/predict', { body: '{}' });
      const id = String(headers['x-request-id']);
      told.set(JSON.parse(text).name, verifyRequestId(ID_SECRET, 'tried', id));
    }
    expect(told.get('stable')).toMatchObject({ revision: 7, variantIndex: 0 });
    expect(told.get('new')).toMatchObject({ revision: 8, variantIndex: 0 });
    expect(
      await metric(
        `model_gateway_requests_total{system="plants",model="tried",version="2",environment="local",endpoint="tried",variant="main",revision="8",consumer="app-of-${TOKEN}",code="200"}`,
      ),
    ).toBeGreaterThan(0);
  });

  it('asks for a token that is good for this endpoint', async () => {
    const to = await echo('tokens');
    await put(routeOf('iris', { main: { urls: [to] } }));
    await put(routeOf('other', { main: { urls: [to] } }, { tokens: [OTHER] }));
    const expectations: Array<[Parameters<typeof call>[1], number, RegExp]> = [
      [{ token: '' }, 401, /needs a token/],
      [
        { token: '', headers: { authorization: 'Basic abc' } },
        401,
        /must read 'Bearer/,
      ],
      [{ token: 'mpe_wrong_x' }, 401, /not known/],
      [{ token: EXPIRED }, 401, /expired at 2020-01-01/],
      [{ token: OTHER }, 403, /another endpoint/],
    ];
    for (const [options, status, message] of expectations) {
      const answer = await call('/iris/predict', options);
      expect(answer.status).toBe(status);
      expect(answer.headers['www-authenticate']).toBe(
        status === 401 ? 'Bearer' : undefined,
      );
      expect(JSON.parse(answer.text).error.message).toMatch(message);
      const oip = await call('/iris/v2/models/iris/infer', options);
      expect(oip.status).toBe(status);
      expect(JSON.parse(oip.text)).toEqual({
        error: expect.stringMatching(message),
      });
      const scoring = await call('/iris/invocations', options);
      expect(scoring.status).toBe(status);
      expect(JSON.parse(scoring.text)).toEqual({
        error_code: status === 401 ? 'UNAUTHENTICATED' : 'PERMISSION_DENIED',
        message: expect.stringMatching(message),
      });
    }
    const asPassword = Buffer.from(`anybody:${TOKEN}`).toString('base64');
    const known = await call('/iris/invocations', {
      token: '',
      headers: { authorization: `Basic ${asPassword}` },
    });
    expect(known.status).toBe(200);
    expect(JSON.parse(known.text).headers).not.toHaveProperty('authorization');
    expect(
      (await call('/iris/docs', { method: 'GET', token: '' })).status,
    ).toBe(200);
    expect(
      (await call('/iris/openapi.json', { method: 'GET', token: '' })).status,
    ).toBe(401);
  });

  it('refuses paths and methods that are not the outside’s', async () => {
    await put(routeOf('iris', { main: { urls: [await echo('paths')] } }));
    for (const path of [
      '/iris/metrics',
      '/iris',
      '/iris/',
      '/metrics',
      '/',
      '/routes',
    ]) {
      expect((await call(path, { method: 'GET' })).status).toBe(404);
    }
    for (const path of [
      '/iris/v2/../metrics',
      '/iris/v2/%2e%2e/metrics',
      '/iris/v2%2fx',
    ]) {
      expect((await call(path, { method: 'GET' })).status).toBe(400);
    }
    const put405 = await call('/iris/predict', { method: 'PUT' });
    expect(put405.status).toBe(405);
    expect(put405.headers.allow).toBe('GET, HEAD, POST');
  });

  it('bounds the body, declared or counted', async () => {
    await put(
      routeOf(
        'iris',
        { main: { urls: [await echo('large')] } },
        { limits: { maxBodyBytes: 300_000, timeoutMs: 5_000 } },
      ),
    );
    const fits = Buffer.alloc(300_000, 'x');
    const declared = await call('/iris/predict', {
      body: fits,
      headers: { 'content-length': '300000' },
    });
    expect(JSON.parse(declared.text)).toMatchObject({
      bytes: 300_000,
      sha: createHash('sha256').update(fits).digest('hex'),
    });
    const chunked = await call('/iris/predict', {
      body: fits,
      headers: { 'transfer-encoding': 'chunked' },
    });
    expect(JSON.parse(chunked.text)).toMatchObject({ bytes: 300_000 });
    const announcements: Array<Record<string, string>> = [
      { 'content-length': '300001' },
      { 'transfer-encoding': 'chunked' },
    ];
    for (const headers of announcements) {
      const refused = await call('/iris/predict', {
        body: Buffer.alloc(300_001, 'x'),
        headers,
      });
      expect(refused.status).toBe(413);
      expect(JSON.parse(refused.text).error.message).toContain('300000 bytes');
    }
  });

  it('does not ask for a body that it would refuse', async () => {
    await put(routeOf('iris', { main: { urls: [await echo('continue')] } }));
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let text = '';
    socket.on('data', chunk => (text += chunk));
    socket.write(
      'POST /iris/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\nExpect: 100-continue\r\n\r\n',
    );
    await until(() => text.includes('\r\n\r\n'));
    expect(text).toMatch(/^HTTP\/1.1 401 /);
    socket.destroy();
    const welcome = connect(Number(new URL(url).port), '127.0.0.1');
    let told = '';
    welcome.on('data', chunk => (told += chunk));
    welcome.write(
      `POST /iris/predict HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n`,
    );
    await until(() => told.startsWith('HTTP/1.1 100 Continue'));
    welcome.write('{}');
    await until(() => told.includes('"bytes":2'));
    welcome.destroy();
  });

  it('answers 504 when the runner is too slow, 408 when the caller is', async () => {
    const slow = await upstream(() => {});
    await put(
      routeOf(
        'iris',
        { main: { urls: [slow] } },
        { limits: { maxBodyBytes: 1000, timeoutMs: 200 } },
      ),
    );
    const late = await call('/iris/predict', { body: '{}' });
    expect(late.status).toBe(504);
    expect(JSON.parse(late.text).error.message).toContain('200 ms');
    expect(
      JSON.parse(
        (await call('/iris/v2/models/iris/infer', { body: '{}' })).text,
      ),
    ).toEqual({
      error: expect.stringContaining('200 ms'),
    });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let text = '';
    socket.on('data', chunk => (text += chunk));
    socket.write(
      `POST /iris/predict HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 10\r\n\r\n{`,
    );
    await until(() => text.includes('RequestTimeoutError'));
    expect(text).toMatch(/^HTTP\/1.1 408 /);
    socket.destroy();
  });

  it('goes to another runner only if nothing was delivered', async () => {
    const refused = `http://127.0.0.1:${await freePort()}`;
    await put(
      routeOf('iris', { main: { urls: [refused, await echo('alive')] } }),
    );
    for (let index = 0; index < 6; index += 1) {
      const answer = await call('/iris/predict', {
        body: Buffer.alloc(100_000),
      });
      expect(JSON.parse(answer.text)).toMatchObject({
        name: 'alive',
        bytes: 100_000,
      });
    }

    await put(routeOf('iris', { main: { urls: [refused] } }));
    const nobody = await call('/iris/predict', { body: '{}' });
    expect(nobody.status).toBe(503);
    expect(nobody.headers['retry-after']).toBe('1');

    await put(routeOf('iris', { main: { urls: [] } }));
    expect((await call('/iris/predict')).status).toBe(503);

    let taken = 0;
    const breaking = await upstream(incoming => {
      taken += 1;
      incoming.socket.destroy();
    });
    await put(routeOf('iris', { main: { urls: [breaking, breaking] } }));
    const broken = await call('/iris/predict', { body: '{}' });
    expect(broken.status).toBe(502);
    expect(broken.headers['x-model-variant']).toBe('main');
    expect(taken).toBe(1);
  });

  it('leaves a runner alone for a while that fails again and again, or is too slow', async () => {
    let taken = 0;
    const failing = await upstream((incoming, response) => {
      taken += 1;
      incoming.resume();
      response.writeHead(503);
      response.end();
    });
    // At once, so that none of them comes when the while is over.
    const callAll = async (count: number) => {
      const calls = Array.from({ length: count }, () =>
        call('/iris/predict', { body: '{}' }),
      );
      return (await Promise.all(calls)).map(({ status }) => status);
    };
    const alive = await echo('alive');
    await put(routeOf('iris', { main: { urls: [failing, alive] } }));
    await until(async () => (await callAll(2)).includes(503) && taken >= 3);
    expect(await callAll(8)).toEqual(new Array(8).fill(200));
    // Nobody else is there: it is asked all the same.
    await put(routeOf('iris', { main: { urls: [failing] } }));
    expect(await callAll(1)).toEqual([503]);

    const silent = await upstream(() => {});
    await put(
      routeOf(
        'iris',
        { main: { urls: [silent, alive] } },
        { revision: 2, limits: { maxBodyBytes: 1000, timeoutMs: 2_000 } },
      ),
    );
    await until(async () => (await callAll(1))[0] === 504);
    expect(await callAll(8)).toEqual(new Array(8).fill(200));
  });

  it('repeats a call that does nothing but compute, once, where its runner ended over it', async () => {
    let taken = 0;
    const breaking = await upstream(incoming => {
      taken += 1;
      incoming.socket.destroy();
    });
    const alive = await echo('alive');
    const repeatable = (...urls: string[]) =>
      put(routeOf('iris', { main: { isRepeatable: true, urls } }));
    await repeatable(breaking, alive);
    const callAll = async (count: number) => {
      const calls = Array.from({ length: count }, () =>
        call('/iris/predict', { body: '{"inputs":{}}' }),
      );
      for (const { text } of await Promise.all(calls)) {
        expect(JSON.parse(text)).toMatchObject({ name: 'alive', bytes: 13 });
      }
    };
    while (taken === 0) await callAll(1);
    // From then on it is asked last for a while.
    await callAll(5);
    expect(taken).toBe(1);

    await repeatable(breaking, breaking, breaking);
    expect((await call('/iris/predict', { body: '{}' })).status).toBe(502);
    expect(taken).toBe(3);
  });

  it('lets a call that ends runners end no more than two of them', async () => {
    let ended = 0;
    const fragile = () =>
      upstream(async (incoming, response) => {
        let text = '';
        for await (const chunk of incoming) {
          text += chunk;
        }
        if (text === 'bad') {
          ended += 1;
          incoming.socket.destroy();
        } else {
          response.end('good');
        }
      });
    const urls = [await fragile(), await fragile(), await fragile()];
    const route = routeOf('fragile', { main: { isRepeatable: true, urls } });
    await put(route);
    expect((await call('/fragile/predict', { body: 'bad' })).status).toBe(502);
    expect(ended).toBe(2);
    // A new plan forgets nothing.
    await put(route);
    expect((await call('/fragile/predict', { body: 'bad' })).status).toBe(502);
    expect(ended).toBe(3);
    expect((await call('/fragile/predict', { body: 'a' })).text).toBe('good');
  });

  it('repeats calls by the route that is in force by then, and counts others where they failed', async () => {
    const sockets: Socket[] = [];
    const old = await upstream(incoming => {
      incoming.resume();
      sockets.push(incoming.socket);
    });
    const routed = (to: string, revision: number) =>
      put(
        routeOf(
          'moving',
          { main: { isRepeatable: true, urls: [to] } },
          { revision },
        ),
      );
    await routed(old, 1);
    // The last is not kept to be sent again.
    const bodies = [...Array(3).fill('{}'), 'x'.repeat(100_000)];
    const answers = bodies.map(body => call('/moving/predict', { body }));
    await until(() => sockets.length === 4);
    await routed(await echo('new'), 2);
    for (const socket of sockets) socket.destroy();
    const told = (await Promise.all(answers)).map(
      ({ status, headers, text }) => {
        const id = String(headers['x-request-id']);
        const { revision } = verifyRequestId(ID_SECRET, 'moving', id) ?? {};
        return { status, revision, name: JSON.parse(text).name };
      },
    );
    const again = { status: 200, revision: 2, name: 'new' };
    expect(told.sort((a, b) => a.status - b.status)).toEqual([
      again,
      again,
      again,
      { status: 502, revision: 1, name: undefined },
    ]);
    const inFlight = (await (await admin('GET', '/metrics')).text())
      .split('\n')
      .filter(
        line =>
          line.startsWith('model_gateway_requests_in_flight{') &&
          line.includes('endpoint="moving"'),
      );
    expect(inFlight.map(line => line.split(' ').pop())).toEqual(['0', '0']);
  });

  it('splits by weight, and counts per variant, consumer and code', async () => {
    await put(
      routeOf(
        'split',
        {
          big: { weight: 9, urls: [await echo('big')] },
          small: { weight: 1, urls: [await echo('small')] },
          none: { weight: 0, urls: [await echo('none')] },
        },
        { revision: 3 },
      ),
    );
    const agent = new Agent({ keepAlive: true });
    const counts: Record<string, number> = { big: 0, small: 0, none: 0 };
    for (let index = 0; index < 600; index += 1) {
      const answer = await call('/split/predict', { body: '{}', agent });
      counts[JSON.parse(answer.text).name] += 1;
      expect(answer.headers['x-model-variant']).toBe(
        JSON.parse(answer.text).name,
      );
    }
    // Five standard deviations of 600 draws at one in ten.
    expect(counts.small).toBeGreaterThan(23);
    expect(counts.small).toBeLessThan(97);
    expect(counts.none).toBe(0);
    const labels =
      'system="plants",model="split",version="1",environment="local",endpoint="split",variant="big",revision="3"';
    expect(
      await metric(
        `model_gateway_requests_total{${labels},consumer="app-of-${TOKEN}",code="200"}`,
      ),
    ).toBe(counts.big);
    expect(
      await metric(`model_gateway_request_duration_seconds_count{${labels}}`),
    ).toBe(counts.big);
    expect(
      await metric(
        `model_gateway_request_duration_seconds_bucket{${labels},le="30"}`,
      ),
    ).toBe(counts.big);
    expect(await metric(`model_gateway_requests_in_flight{${labels}}`)).toBe(0);
    const before = await metric(
      'model_gateway_refused_total{endpoint="unknown",code="404"}',
    );
    await call('/nowhere/predict');
    expect(
      await metric(
        'model_gateway_refused_total{endpoint="unknown",code="404"}',
      ),
    ).toBe(before + 1);
    await call('/split/docs', { method: 'GET', agent });
    expect(
      await metric(`model_gateway_request_duration_seconds_count{${labels}}`),
    ).toBe(counts.big);
    agent.destroy();
  });

  it('streams both ways, and lets a stream outlast the time limit as long as it flows', async () => {
    const to = await upstream((incoming, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      incoming.on('data', chunk => response.write(`got ${chunk};`));
      incoming.on('end', () => response.end('end'));
    });
    await put(
      routeOf(
        'iris',
        { main: { urls: [to] } },
        { limits: { maxBodyBytes: 100_000, timeoutMs: 2_000 } },
      ),
    );
    const outgoing = request(`${url}/iris/predict`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'transfer-encoding': 'chunked',
      },
    });
    let text = '';
    outgoing.on('response', response =>
      response.on('data', chunk => (text += chunk)),
    );
    const arrived = (part: string) => until(() => text.endsWith(part));
    let wanted = '';
    const begin = Date.now();
    for (let part = 0; Date.now() < begin + 2_500; part += 1) {
      outgoing.write(String(part));
      await arrived(`got ${part};`);
      wanted += `got ${part};`;
    }
    outgoing.end();
    await arrived('end');
    expect(text).toBe(`${wanted}end`);
  });

  it('does not pass half an answer off as a whole one', async () => {
    const to = await upstream((_incoming, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setTimeout(() => response.destroy(), 50);
    });
    await put(routeOf('iris', { main: { urls: [to] } }));
    await expect(call('/iris/predict', { body: '{}' })).rejects.toThrow(
      /aborted/,
    );
  });

  it('answers 502 where a runner ends between the head of its answer and the rest', async () => {
    const dying = await upstream((_incoming, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.flushHeaders();
      // The head is on its way before the connection ends.
      setTimeout(() => response.destroy(), 50);
    });
    await put(routeOf('headless', { main: { urls: [dying] } }));
    const { status, headers, text } = await call('/headless/predict', {
      body: '{}',
    });
    expect(status).toBe(502);
    expect(headers['content-length']).not.toBe('1000');
    expect(JSON.parse(text).requestId).toBe(headers['x-request-id']);
  });

  it('answers with words of its own where a runner’s are none that may be sent', async () => {
    const odd = createTcpServer(socket => {
      socket.on('error', () => {});
      socket.once('data', () =>
        socket.end('HTTP/1.1 200 жук\r\ncontent-length: 2\r\n\r\nok'),
      );
    }).listen(0, '127.0.0.1');
    await once(odd, 'listening');
    const { port } = odd.address() as AddressInfo;
    await put(routeOf('odd', { main: { urls: [`http://127.0.0.1:${port}`] } }));
    const { status, text } = await call('/odd/predict', { body: '{}' });
    odd.close();
    expect([status, text]).toEqual([200, 'ok']);
  });

  it('tells the runner when the caller leaves', async () => {
    let isHere = false;
    let isAborted = false;
    const to = await upstream((incoming, response) => {
      isHere = true;
      response.on('close', () => (isAborted = true));
      incoming.resume();
    });
    await put(routeOf('left', { main: { urls: [to] } }));
    const outgoing = request(`${url}/left/predict`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    outgoing.on('error', () => {});
    outgoing.end('{}');
    await until(() => isHere);
    outgoing.destroy();
    await until(() => isAborted);
    const labels =
      'system="plants",model="left",version="1",environment="local",endpoint="left",variant="main",revision="1"';
    await until(
      async () =>
        (await metric(
          `model_gateway_requests_total{${labels},consumer="app-of-${TOKEN}",code="499"}`,
        )) === 1,
    );
    const state = (await (
      await admin('GET', '/routes')
    ).json()) as GatewayState;
    expect(state.inFlight['left-r1-main-0']).toBe(0);
  });

  it('swaps routes under load without a failed call, and says when the old runner is idle', async () => {
    const first = await echo('old');
    const second = await echo('new');
    let release: (() => void) | undefined;
    const held = await upstream((incoming, response) => {
      incoming.resume();
      release = () => response.end('late');
    });
    await put(routeOf('swap', { main: { urls: [held] } }));
    const pending = call('/swap/predict', { body: '{}' });
    await until(() => release);

    await put(routeOf('swap', { main: { urls: [first] } }, { revision: 2 }));

    const agent = new Agent({ keepAlive: true });
    let isOver = false;
    const names = new Set<string>();
    const load = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        const answer = await call('/swap/predict', { body: '{}', agent });
        expect(answer.status).toBe(200);
        names.add(
          `${JSON.parse(answer.text).name}/${
            answer.headers['x-model-version']
          }`,
        );
      }
    });
    for (let revision = 3; revision < 42; revision += 1) {
      await put(
        routeOf(
          'swap',
          { main: { urls: [revision % 2 ? first : second] } },
          { revision },
        ),
      );
    }
    isOver = true;
    const state = (await (
      await admin('GET', '/routes')
    ).json()) as GatewayState;
    expect(state.inFlight['swap-r1-main-0']).toBe(1);
    expect(
      state.routes.find(({ endpoint }) => endpoint === 'swap')?.runners,
    ).toEqual(['swap-r41-main-0']);
    release?.();
    expect((await pending).text).toBe('late');
    await Promise.all(load);
    expect(names).toEqual(new Set(['old/1', 'new/1']));
    await until(async () => {
      const { inFlight } = (await (
        await admin('GET', '/routes')
      ).json()) as GatewayState;
      return !('swap-r1-main-0' in inFlight);
    });
    expect((await admin('DELETE', '/routes/swap')).status).toBe(200);
    expect((await call('/swap/predict')).status).toBe(404);
    agent.destroy();
  });

  it('tells callers that an endpoint is switched off, and nobody else', async () => {
    await put(routeOf('resting', {}));
    const told = await call('/resting/predict');
    expect(told.status).toBe(503);
    expect(told.headers['retry-after']).toBe('60');
    expect(told.text).toContain("Endpoint 'resting' is switched off");
    expect(
      (await call('/resting/openapi.json', { method: 'GET' })).status,
    ).toBe(503);
    expect((await call('/resting/predict', { token: '' })).status).toBe(401);
    expect((await call('/resting/predict', { token: 'mpe_x' })).status).toBe(
      401,
    );
    const docs = { method: 'GET', token: '' };
    expect((await call('/resting/docs', docs)).status).toBe(404);
    await put(routeOf('resting', { main: { urls: [await echo('awake')] } }));
    expect((await call('/resting/predict')).status).toBe(200);
    expect((await call('/resting/docs', docs)).status).toBe(200);
  });

  it('answers under names that mean this machine, and others that it is told', async () => {
    const statusUnder = async (base: string, host: string) =>
      (await call('/nothing/docs', { method: 'GET', base, headers: { host } }))
        .status;
    const { port } = new URL(url);
    for (const host of [`localhost:${port}`, '127.0.0.1', `[::1]:${port}`]) {
      expect([host, await statusUnder(url, host)]).toEqual([host, 404]);
    }
    // A page of such a name would be let by its browser to read the answer.
    for (const host of [`rebound.example:${port}`, '127.0.0.1.example']) {
      expect([host, await statusUnder(url, host)]).toEqual([host, 421]);
    }
    const started = await gateway.startProgram(0, {
      GATEWAY_ALLOWED_HOSTS: 'endpoints.example, other.example',
    });
    const told = started.addresses().url;
    expect(await statusUnder(told, 'Endpoints.example:443')).toBe(503);
    expect(await statusUnder(told, 'localhost')).toBe(503);
    expect(await statusUnder(told, 'rebound.example')).toBe(421);
    const open = await gateway.startProgram(0, { GATEWAY_HOST: '0.0.0.0' });
    const { port: openPort } = new URL(open.addresses().url);
    expect(
      await statusUnder(`http://127.0.0.1:${openPort}`, 'rebound.example'),
    ).toBe(503);
  });

  it('keeps its admin listener to those who know the secret, and says what is wrong with a plan', async () => {
    for (const path of ['/routes', '/metrics']) {
      expect((await fetch(adminUrl + path)).status).toBe(401);
      const wrong = { authorization: 'Bearer wrong' };
      expect((await fetch(adminUrl + path, { headers: wrong })).status).toBe(
        401,
      );
    }
    // Who collects figures gets no further, and nobody else's secret is theirs.
    const statusAs = async (secret: string, asked: string) => {
      const [verb, target] = asked.split(' ');
      return (await admin(verb, target, undefined, adminUrl, secret)).status;
    };
    expect(await statusAs(METRICS_SECRET, 'GET /metrics')).toBe(200);
    expect(await statusAs(ADMIN_SECRET, 'GET /metrics')).toBe(401);
    for (const asked of [
      'GET /routes',
      'PUT /routes',
      'PUT /routes/iris',
      'DELETE /routes/iris',
      'GET /load',
      'POST /metrics',
    ]) {
      expect([asked, await statusAs(METRICS_SECRET, asked)]).toEqual([
        asked,
        401,
      ]);
    }
    const bad = await admin('PUT', '/routes/iris', {
      endpoint: 'iris',
      revision: 'one',
    });
    expect(bad.status).toBe(400);
    const { error } = (await bad.json()) as {
      error: { fields: Array<{ path: string }> };
    };
    expect(error.fields.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['revision', 'variants', 'tokens', 'upstreams']),
    );
    expect(
      (await admin('PUT', '/routes/iris', routeOf('other', {}))).status,
    ).toBe(400);
  });

  it('says in one line why a port cannot be had', async () => {
    const second = await gateway.startProgram(Number(new URL(url).port));
    // It says so a moment before or after its end is known.
    await until(() => second.child.exitCode !== null && second.err() !== '');
    expect(second.child.exitCode).toBe(1);
    expect(second.err()).toMatch(
      /^The gateway cannot open its public address .*: the port is taken .*\n$/,
    );
  });

  it('serves, and ends when it is asked to, where its log has no room', async () => {
    const full = openSync('/dev/full', 'w');
    const port = await freePort();
    const { child } = await gateway.startProgram(
      port,
      { LOG_LEVEL: 'debug' },
      full,
    );
    closeSync(full);
    const base = `http://127.0.0.1:${port}`;
    const status = await until(async () => {
      expect(child.exitCode).toBe(null);
      const answer = call('/iris/predict', { base }).catch(() => undefined);
      return (await answer)?.status;
    });
    expect(status).toBe(503);
    child.kill('SIGTERM');
    await until(() => child.exitCode !== null || child.signalCode !== null);
    expect(child.exitCode).toBe(0);
  });

  it('ends in order when it is asked to before it could say that it listens', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
    const pipe = join(folder, 'log');
    execFileSync('mkfifo', [pipe]);
    const log = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    // Its first line of the log is where it waits.
    fill(log);
    const port = await freePort();
    const { child } = await gateway.startProgram(port, {}, log);
    await until(
      () =>
        new Promise<boolean>(resolve => {
          const socket = connect(port, '127.0.0.1');
          socket.on('connect', () => socket.destroy());
          socket.on('error', () => resolve(false));
          socket.on('close', isBroken => resolve(!isBroken));
        }),
    );
    child.kill('SIGTERM');
    const lines = createReadStream(pipe).resume();
    await until(() => child.exitCode !== null || child.signalCode !== null);
    expect([child.exitCode, child.signalCode]).toEqual([0, null]);
    closeSync(log);
    await once(lines, 'close');
    rmSync(folder, { recursive: true });
  });

  it('waits for nobody who has asked nothing when it is asked to end', async () => {
    const { child, addresses } = await gateway.startProgram(0, {
      DRAIN_TIMEOUT_MS: '3600000',
    });
    const port = Number(new URL(addresses().url).port);
    for (const head of ['', 'POST /iris/predict HTTP/1.1\r\n']) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(head);
    }
    child.kill('SIGTERM');
    await until(() => child.exitCode !== null || child.signalCode !== null);
    expect(child.exitCode).toBe(0);
  });

  it('finishes what is in flight when it is asked to end', async () => {
    let release: (() => void) | undefined;
    const held = await upstream((incoming, response) => {
      incoming.resume();
      release = () => response.end('done');
    });
    await put(routeOf('iris', { main: { urls: [held] } }));
    const pending = call('/iris/predict', { body: '{}' });
    await until(() => release);
    gateway.program?.kill('SIGTERM');
    await until(
      () =>
        new Promise<boolean>(resolve => {
          const socket = connect(Number(new URL(url).port), '127.0.0.1');
          socket.on('connect', () => socket.destroy());
          socket.on('error', () => resolve(true));
          socket.on('close', () => resolve(false));
        }),
    );
    release?.();
    expect((await pending).text).toBe('done');
    expect(await gateway.exitCode()).toBe(0);
  });
});
