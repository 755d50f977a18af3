import fs from 'node:fs';
import path from 'node:path';
import { inRoot } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/run.mjs';
import { freePort } from '../../services/freePort.mjs';
import { ServedModels } from '../ServedModels.mjs';

/** The binary is in `nginx` or in `nginx-light`, by the age of Debian. */
const PACKAGES = ['nginx-light', 'nginx'];
const CACHE = inRoot('.cache', 'bench', 'nginx');

/** Debian's nginx, unpacked and not installed. Rejects where it is not to be had. */
async function ensureNginx() {
  const binary = path.join(CACHE, 'usr', 'sbin', 'nginx');
  if (fs.existsSync(binary)) return binary;
  fs.mkdirSync(CACHE, { recursive: true });
  await run('sh', [
    '-c',
    `cd '${CACHE}' && for name in ${PACKAGES.join(
      ' ',
    )}; do apt-get download -q "$name"; done && for file in ./*.deb; do dpkg -x "$file" .; done`,
  ]);
  return binary;
}

/** @param server - what stands in the `server` block */
async function startNginx(folder, name, { upstream = '', server, ready }) {
  const binary = await ensureNginx();
  const port = await freePort();
  const prefix = fs.mkdtempSync(path.join(folder, 'nginx-'));
  const file = path.join(prefix, 'nginx.conf');
  fs.writeFileSync(
    file,
    `daemon off;
worker_processes 1;
pid ${prefix}/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${prefix}/body;
  proxy_temp_path ${prefix}/proxy;
  fastcgi_temp_path ${prefix}/fastcgi;
  uwsgi_temp_path ${prefix}/uwsgi;
  scgi_temp_path ${prefix}/scgi;
  ${upstream}
  server {
    listen 127.0.0.1:${port};
    ${server}
  }
}
`,
  );
  return await ServedModels.start({
    name,
    command: binary,
    args: ['-p', prefix, '-c', file, '-e', 'stderr'],
    url: `http://127.0.0.1:${port}`,
    ready,
  });
}

/** What all proxies stand before: it answers a line of JSON, as fast as anything can. */
export async function startAnswering(folder, answer) {
  return await startNginx(folder, 'upstream', {
    server: `default_type application/json;
    location / { return 200 '${answer}'; }`,
    ready: '/',
  });
}

/** As a proxy before `url`, with kept connections. */
export async function startNginxProxy(folder, url) {
  return await startNginx(folder, 'nginx', {
    upstream: `upstream answering {
    server ${new URL(url).host};
    keepalive 64;
    keepalive_requests 1000000000;
  }`,
    server: `location / {
      proxy_pass http://answering;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }`,
    ready: '/',
  });
}
