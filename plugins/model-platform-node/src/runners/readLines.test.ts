import { once } from 'node:events';
import http from 'node:http';
import { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { readLines } from './readLines';

it('reads lines wherever the text is cut', async () => {
  const text = Buffer.from('grün\r\n\nzwei\nohne Ende');
  for (let size = 1; size <= text.length; size += 1) {
    const chunks = [];
    for (let at = 0; at < text.length; at += size) {
      chunks.push(text.subarray(at, at + size));
    }
    const lines = [];
    for await (const line of readLines(Readable.from(chunks))) lines.push(line);
    expect(lines).toEqual(['grün', '', 'zwei', 'ohne Ende']);
  }
});

it('ends a response that goes on when nobody reads it any more', async () => {
  const server = http.createServer((_, response) => {
    response.write('one\ntwo\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ended = new Promise(resolve =>
    server.once('request', (_, response) => response.once('close', resolve)),
  );
  const abort = new AbortController();
  const { port } = server.address() as AddressInfo;
  const [response] = await once(
    http.get({ port, host: '127.0.0.1', signal: abort.signal }),
    'response',
  );
  for await (const line of readLines(response)) {
    expect(line).toBe('one');
    break;
  }
  await ended;
  // Nobody is there to hear of it.
  abort.abort();
  server.close();
});
