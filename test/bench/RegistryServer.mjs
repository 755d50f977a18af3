import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { buildProgram } from '../../scripts/lib/build.mjs';
import { contentHash } from '../../scripts/lib/contentHash.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { PORTAL_FLAGS } from '../../scripts/lib/portalFlags.mjs';
import { step } from '../../scripts/lib/progress.mjs';
import { sleep } from './BenchPlatform.mjs';
import { freePort } from '../services/freePort.mjs';
import { run } from '../../scripts/lib/run.mjs';

const TOKENS = {
  all: 'bench-token-that-may-read-all-of-it',
  few: 'bench-token-that-may-read-three-systems',
  catalog: 'bench-token-of-the-catalog',
};
const outfile = name => `.cache/bench/${name}.cjs`;
const SYSTEMS = 50;
const OWNERS = 100;

/** The registry alone, with a database that was filled with models. */
export class RegistryServer {
  #child;
  #output = '';

  /** @param postgres - connection string of a server; without it, SQLite */
  static async start({ models, postgres, withModels = false }) {
    for (const name of ['registryServer', 'fillDatabase'])
      await buildProgram({
        entry: `test/bench/${name}.ts`,
        outfile: outfile(name),
      });
    const server = new RegistryServer();
    server.folder = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-registry-'),
    );
    const database = postgres
      ? await postgresDatabase(postgres, models)
      : await sqliteDatabase(server.folder, models);
    await server.#listen(database, withModels);
    return server;
  }

  get pid() {
    return this.#child.pid;
  }

  /** A request of the registry's API. */
  call(route, { as = 'all', ...request } = {}) {
    return {
      ...request,
      path: `/api/model-platform/v1/${route}`,
      headers: { ...request.headers, authorization: `Bearer ${TOKENS[as]}` },
    };
  }

  catalogHeaders() {
    return { authorization: `Bearer ${TOKENS.catalog}` };
  }

  async stop() {
    this.#child.kill('SIGTERM');
    await new Promise(resolve => this.#child.once('exit', resolve));
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #listen(database, withModels) {
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    this.#child = spawn(
      process.execPath,
      [...PORTAL_FLAGS, inRoot(outfile('registryServer'))],
      {
        cwd: inRoot('packages/backend'),
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          NODE_ENV: 'production',
          LOG_LEVEL: 'warn',
          REGISTRY_SERVER: JSON.stringify({
            port,
            database,
            directory: path.join(this.folder, 'blobs'),
            tokens: TOKENS,
            entities: writeEntities(this.folder),
            withModels,
          }),
        },
      },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', chunk => {
        this.#output = (this.#output + chunk).slice(-10_000);
      });
    for (;;) {
      if (this.#child.exitCode !== null) throw new Error(this.#output);
      const { path: route, headers } = this.call('models?limit=1');
      const answers = await fetch(this.url + route, { headers }).then(
        response => response.ok,
        () => false,
      );
      if (answers) break;
      await sleep(100);
    }
    if (!withModels) await this.#settle();
  }

  /** The catalog takes in owners and systems first, which is none of what is measured. */
  async #settle() {
    const entities = `${this.url}/api/catalog/entities/by-query?filter=kind=group&filter=kind=system&limit=0`;
    for (let found = 0; found < OWNERS + SYSTEMS; ) {
      await sleep(100);
      const response = await fetch(entities, {
        headers: this.catalogHeaders(),
      });
      found = (await response.json()).totalItems;
    }
    for (let quiet = 0; quiet < 3; ) {
      const before = cpuMsOf(this.pid);
      await sleep(1_000);
      quiet = cpuMsOf(this.pid) - before < 100 ? quiet + 1 : 0;
    }
  }
}

/** What a process has used of the processors so far. */
function cpuMsOf(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1];
  const [user, system] = fields.split(' ').slice(11, 13).map(Number);
  // In clock ticks, of which Linux has a hundred a second.
  return (user + system) * 10;
}

/** Filled ones of a size are kept, for filling takes minutes where there are many models. */
const filledName = models =>
  `models_${models}_${contentHash([
    'plugins/model-platform-backend/migrations',
    ...[
      'facetsOf',
      'indexModels',
      'searchTextOf',
      'searchWords',
      'typedValue',
      'PostgresSearchIndex',
      'SqliteSearchIndex',
      'TitleWords',
    ].map(
      name => `plugins/model-platform-backend/src/registry/finding/${name}.ts`,
    ),
    'plugins/model-platform-backend/src/__testUtils__/fillRegistry.ts',
  ]).slice(0, 12)}`;

const fill = (database, models) =>
  step(`filling a database with ${models} models`, () =>
    run(process.execPath, [
      inRoot(outfile('fillDatabase')),
      JSON.stringify({
        database,
        migrations: inRoot('plugins/model-platform-backend/migrations'),
        models,
      }),
    ]),
  );

async function sqliteDatabase(folder, models) {
  const filled = inRoot('.cache/bench', `${filledName(models)}.sqlite`);
  if (!fs.existsSync(filled)) {
    const filename = `${filled}.part`;
    fs.rmSync(filename, { force: true });
    await fill({ client: 'better-sqlite3', connection: { filename } }, models);
    fs.renameSync(filename, filled);
  }
  const directory = path.join(folder, 'db');
  fs.mkdirSync(directory);
  fs.copyFileSync(filled, path.join(directory, 'model-platform.sqlite'));
  return { client: 'better-sqlite3', connection: { directory } };
}

/** Backstage makes a database for each plugin; ours is a copy of a filled one. */
async function postgresDatabase(connectionString, models) {
  const template = filledName(models);
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      'select from pg_database where datname = $1',
      [template],
    );
    if (rowCount === 0) {
      const part = `${template}_part`;
      await client.query(`drop database if exists "${part}"`);
      await client.query(`create database "${part}"`);
      const url = new URL(connectionString);
      url.pathname = `/${part}`;
      await fill({ client: 'pg', connection: url.href }, models);
      await client.query(`alter database "${part}" rename to "${template}"`);
    }
    const prefix = `bench_${Date.now()}_`;
    await client.query(
      `create database "${prefix}model-platform" template "${template}"`,
    );
    const { hostname: host, port, username: user } = new URL(connectionString);
    return {
      client: 'pg',
      prefix,
      connection: { host, port: Number(port), user, password: '' },
    };
  } finally {
    await client.end();
  }
}

/** Owners and systems that the models name. */
function writeEntities(folder) {
  const file = path.join(folder, 'entities.yaml');
  const document = (kind, name, spec) =>
    JSON.stringify({
      apiVersion: 'backstage.io/v1alpha1',
      kind,
      metadata: { name },
      spec,
    });
  fs.writeFileSync(
    file,
    [
      ...Array.from({ length: OWNERS }, (_, index) =>
        document('Group', `team-${index}`, { type: 'team', children: [] }),
      ),
      ...Array.from({ length: SYSTEMS }, (_, index) =>
        document('System', `system-${index}`, { owner: 'team-0' }),
      ),
    ].join('\n---\n'),
  );
  return file;
}
