import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { Agent, fetch, request } from 'undici';
import { say } from '../../scripts/lib/progress.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { draftOf } from './draftOf.mjs';
import { RegistryServer } from './RegistryServer.mjs';

const MIB = 1024 * 1024;
const SIZE = Number(process.env.BENCH_FILE_MIB ?? 1024) * MIB;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
/** As the command line sends them. */
const PARTS_AT_ONCE = 4;

const dispatcher = new Agent({ connect: { noDelay: true } });

/**
 * A large file up and down, one client, beside a server that does the least:
 * bytes to the same disk through a SHA-256, flushed, and back.
 */
export async function filesBench() {
  const chunk = randomBytes(MIB);
  const registry = await RegistryServer.start({ models: 1_000 });
  const bare = await startBare(registry.folder);
  const files = filesOf(chunk);
  try {
    const peak = watchMemory(registry.pid);
    const measured = { bare: [], whole: [], parts: [], bareDown: [], down: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      const file = files(round);
      measured.bare.push(
        await seconds(() => put(`${bare.url}/${round}`, body(file))),
      );
      measured.whole.push(await uploadWhole(registry, `whole-${round}`, file));
      measured.parts.push(await uploadParts(registry, `parts-${round}`, file));
      measured.bareDown.push(
        await seconds(() => download(`${bare.url}/${round}`)),
      );
      const { path: route, headers } = registry.call(
        `models/whole-${round}/versions/1/files/model.bin`,
      );
      measured.down.push(
        await seconds(() => download(registry.url + route, headers)),
      );
      say(
        Object.entries(measured)
          .map(([what, all]) => `${what} ${all.at(-1).toFixed(2)} s`)
          .join(', '),
      );
    }
    const growth = peak.stop();
    const row = (what, ours, theirs) => {
      const [own, others] = [median(measured[ours]), median(measured[theirs])];
      return {
        what: `${what} of ${SIZE / MIB} MiB, one client`,
        measured: `${(SIZE / MIB / own).toFixed(0)} MiB/s`,
        reach: '≥ 80 %',
        'compared to': `bare Node stream + SHA-256: ${(
          SIZE /
          MIB /
          others
        ).toFixed(0)} MiB/s`,
        reached: yes(
          others / own >= 0.8,
          `${((others / own) * 100).toFixed(0)} %`,
        ),
      };
    };
    return [
      row('upload in one piece', 'whole', 'bare'),
      row('upload in parts', 'parts', 'bare'),
      row('download', 'down', 'bareDown'),
      {
        what: 'growth of the server’s memory (RSS) meanwhile',
        measured: `${growth.toFixed(0)} MB`,
        reach: '≤ 100 MB',
        'compared to': 'before',
        reached: yes(growth <= 100),
      },
    ];
  } finally {
    bare.stop();
    await registry.stop();
    await dispatcher.close();
  }
}

const yes = (reached, more = '') =>
  `${reached ? 'yes' : 'NO'}${more && `, ${more}`}`;

/** Of its own content each, without holding it. */
function filesOf(chunk) {
  return round => {
    const pieces = function* pieces(start = 0, end = SIZE) {
      for (let at = start; at < end; at += MIB) {
        const piece = Buffer.from(chunk.subarray(0, Math.min(MIB, end - at)));
        piece.writeUInt32LE(round, 0);
        piece.writeUInt32LE(at / MIB, 4);
        yield piece;
      }
    };
    const hash = createHash('sha256');
    for (const piece of pieces()) hash.update(piece);
    return { pieces, digest: `sha256:${hash.digest('hex')}` };
  };
}

const body = ({ pieces }, start, end) =>
  Readable.from(pieces(start, end), { objectMode: false });

async function seconds(work) {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

async function put(url, stream, headers = {}, sizeBytes = SIZE) {
  const response = await request(url, {
    dispatcher,
    method: 'PUT',
    body: stream,
    headers: { 'content-length': String(sizeBytes), ...headers },
  });
  const text = await response.body.text();
  if (response.statusCode >= 400)
    throw new Error(`${url}: ${response.statusCode} ${text}`);
}

async function download(url, headers) {
  const response = await request(url, { dispatcher, headers });
  let sizeBytes = 0;
  for await (const chunk of response.body) sizeBytes += chunk.length;
  if (sizeBytes !== SIZE) throw new Error(`${url}: ${sizeBytes} bytes`);
}

async function openDraft(registry, name, { digest }) {
  const draft = draftOf(name, { path: 'model.bin', digest, sizeBytes: SIZE });
  await call(registry, `models/${name}/versions`, {
    method: 'POST',
    body: JSON.stringify(draft),
  });
}

async function call(registry, route, init = {}) {
  const { path: url, headers } = registry.call(route);
  const response = await fetch(registry.url + url, {
    dispatcher,
    ...init,
    headers: { ...headers, 'content-type': 'application/json' },
  });
  if (!response.ok)
    throw new Error(`${route}: ${response.status} ${await response.text()}`);
  return await response.json();
}

async function uploadWhole(registry, name, file) {
  await openDraft(registry, name, file);
  const { path: url, headers } = registry.call(
    `models/${name}/versions/1/blobs/${file.digest}`,
  );
  const took = await seconds(() =>
    put(registry.url + url, body(file), headers),
  );
  await call(registry, `models/${name}/versions/1/complete`, {
    method: 'POST',
  });
  return took;
}

async function uploadParts(registry, name, file) {
  await openDraft(registry, name, file);
  const route = `models/${name}/versions/1/blobs/${file.digest}`;
  const took = await seconds(async () => {
    const { missing, partSizeBytes } = await call(registry, `${route}/parts`);
    const send = async number => {
      const start = (number - 1) * partSizeBytes;
      const end = Math.min(start + partSizeBytes, SIZE);
      const hash = createHash('sha256');
      for (const piece of file.pieces(start, end)) hash.update(piece);
      const { path: url, headers } = registry.call(`${route}/parts/${number}`);
      await put(
        registry.url + url,
        body(file, start, end),
        { ...headers, 'content-digest': `sha-256=:${hash.digest('base64')}:` },
        end - start,
      );
    };
    const work = async () => {
      for (let part = missing.shift(); part; part = missing.shift())
        await send(part);
    };
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, work));
    await call(registry, `${route}/assemble`, { method: 'POST' });
  });
  await call(registry, `models/${name}/versions/1/complete`, {
    method: 'POST',
  });
  return took;
}

/** The least that a server can do. */
async function startBare(folder) {
  const child = spawn(
    process.execPath,
    [inRoot('test/bench/bareServer.mjs'), path.join(folder, 'bare')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = await once(child.stdout, 'data');
  return { url: String(line).trim(), stop: () => child.kill('SIGTERM') };
}

/** How far the resident memory of a process rises above what it is now. */
function watchMemory(pid) {
  const rssMb = () =>
    Number(
      /^VmRSS:\s+(\d+) kB/m.exec(
        fs.readFileSync(`/proc/${pid}/status`, 'utf8'),
      )[1],
    ) / 1024;
  const before = rssMb();
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, rssMb());
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return highest - before;
    },
  };
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
