import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { buildProgram } from '../../scripts/lib/build.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
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
      ? await postgresDatabase(postgres)
      : sqliteDatabase(server.folder);
    const begin = performance.now();
    await run(process.execPath, [
      inRoot(outfile('fillDatabase')),
      JSON.stringify({
        database: database.knex,
        migrations: inRoot('plugins/model-platform-backend/migrations'),
        models,
      }),
    ]);
    server.fillSeconds = (performance.now() - begin) / 1000;
    await server.#listen(database.backstage, withModels);
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
    this.#child = spawn(process.execPath, [inRoot(outfile('registryServer'))], {
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
    });
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
      if (answers) return;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }
}

function sqliteDatabase(folder) {
  const directory = path.join(folder, 'db');
  fs.mkdirSync(directory);
  return {
    knex: {
      client: 'better-sqlite3',
      connection: { filename: path.join(directory, 'model-platform.sqlite') },
    },
    backstage: { client: 'better-sqlite3', connection: { directory } },
  };
}

/** Backstage makes a database for each plugin; ours is filled before it starts. */
async function postgresDatabase(connectionString) {
  const { default: pg } = await import('pg');
  const prefix = `bench${Date.now()}_`;
  const name = `${prefix}model-platform`;
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(`create database "${name}"`);
  await client.end();
  const url = new URL(connectionString);
  const { hostname: host, port, username: user } = url;
  const own = new URL(connectionString);
  own.pathname = `/${name}`;
  return {
    knex: { client: 'pg', connection: own.href },
    backstage: {
      client: 'pg',
      prefix,
      connection: { host, port: Number(port), user, password: '' },
    },
  };
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

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
