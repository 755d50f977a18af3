import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { run } from '../../scripts/lib/run.mjs';

/**
 * A package index (PEP 503) of the wheels that locks pin, for whoever cannot
 * reach the machine's own.
 *
 * @param {{ locks: string[], folder: string, host: string }} options `host` is the address to listen on
 * @returns its URL and what ends it
 */
export async function startPackageIndex({ locks, folder, host }) {
  await run('python3', [
    ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check'],
    ...['--only-binary', ':all:', '--no-deps', '--dest', folder],
    ...locks.flatMap(lock => ['--requirement', lock]),
  ]);
  const wheels = fs.readdirSync(folder);
  const projectOf = wheel =>
    wheel
      .split('-')[0]
      .toLowerCase()
      .replace(/[-_.]+/g, '-');
  const server = http.createServer((request, response) => {
    const [, kind, name] = decodeURI(request.url).split('/');
    if (kind === 'wheels' && wheels.includes(name)) {
      fs.createReadStream(path.join(folder, name)).pipe(response);
      return;
    }
    const found = wheels.filter(wheel => projectOf(wheel) === name);
    response.writeHead(found.length ? 200 : 404, {
      'content-type': 'text/html',
    });
    response.end(
      found.map(wheel => `<a href="/wheels/${wheel}">${wheel}</a>`).join('\n'),
    );
  });
  await new Promise(resolve => server.listen(0, host, resolve));
  return {
    url: `http://${host}:${server.address().port}/simple`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
