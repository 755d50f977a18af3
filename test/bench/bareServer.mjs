import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

/** `bareServer.mjs FOLDER`: takes files by PUT through a SHA-256, gives them by GET, and does nothing else. */
const [folder] = process.argv.slice(2);
fs.mkdirSync(folder, { recursive: true });

const server = http.createServer(async (req, res) => {
  const file = path.join(folder, path.basename(req.url));
  if (req.method === 'GET') {
    res.setHeader('content-length', fs.statSync(file).size);
    await pipeline(
      fs.createReadStream(file, { highWaterMark: 256 * 1024 }),
      res,
    );
    return;
  }
  const hash = createHash('sha256');
  await pipeline(
    req,
    async function* hashed(source) {
      for await (const chunk of source) {
        hash.update(chunk);
        yield chunk;
      }
    },
    fs.createWriteStream(file, { flush: true, highWaterMark: 1024 * 1024 }),
  );
  res.end(hash.digest('hex'));
});
server.requestTimeout = 0;
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`http://127.0.0.1:${server.address().port}\n`),
);
process.once('SIGTERM', () => process.exit(0));
