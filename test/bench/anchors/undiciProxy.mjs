import http from 'node:http';
import { Pool } from 'undici';

/** `undiciProxy.mjs URL PORT`: passes requests on by `dispatch`, and does nothing else. */
const [url, port] = process.argv.slice(2);
const pool = new Pool(url, { connections: 64, pipelining: 1 });

http
  .createServer({ noDelay: true }, (request, response) => {
    const chunks = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () =>
      pool.dispatch(
        {
          path: request.url,
          method: request.method,
          headers: request.headers,
          body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
        },
        {
          onRequestStart() {},
          onResponseStart(_controller, status, headers) {
            response.writeHead(status, headers);
          },
          onResponseData(_controller, chunk) {
            response.write(chunk);
          },
          onResponseEnd() {
            response.end();
          },
          onResponseError(_controller, error) {
            response.destroy(error);
          },
        },
      ),
    );
  })
  .listen(Number(port), '127.0.0.1');
