import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { say } from '../../scripts/lib/progress.mjs';
import { startMlflow } from '../services/mlflow.mjs';
import { startPostgres } from '../services/postgres.mjs';
import { sleep } from './BenchPlatform.mjs';
import { draftOf } from './draftOf.mjs';
import { load } from './load.mjs';
import { memoryMb } from './memoryMb.mjs';
import { RegistryServer } from './RegistryServer.mjs';

const FEW = 1_000;
const CALLS = Number(process.env.BENCH_CALLS ?? 200);
const MANY = Number(process.env.BENCH_MODELS ?? 100_000);
const CATALOG = Number(process.env.BENCH_CATALOG_MODELS ?? 10_000);
const THEMES = 40;
const SUBJECTS = ['churn', 'fraud', 'demand', 'price', 'invoice', 'claim'];
const PAGE_FACETS = 'type,theme,system,owner,risk,lifecycle';

/**
 * Finding, side by side with MLflow's own server, and at a hundred times the
 * size. Names choose a part: `BENCH_PARTS=mlflow,scale,catalog`.
 */
export async function searchBench() {
  const parts = (process.env.BENCH_PARTS ?? 'mlflow,scale,catalog').split(',');
  const rows = [];
  if (parts.includes('mlflow')) rows.push(...(await besideMlflow()));
  if (parts.includes('scale')) rows.push(...(await atScale()));
  if (parts.includes('catalog')) rows.push(await intoCatalog());
  return rows;
}

async function besideMlflow() {
  const mlflow = await startMlflow();
  const registry = await RegistryServer.start({ models: FEW });
  try {
    const names = await fillMlflow(mlflow);
    const own = await namesOf(registry);
    const rows = [];
    const compare = async (what, reach, theirs, ours, { calls }) => {
      for (const connections of [1, 8]) {
        const options = { calls, connections, warmUp: Math.min(50, calls) };
        const their = await load(mlflow.url, { ...options, call: theirs });
        const our = await load(registry.url, { ...options, call: ours });
        rows.push(
          row(
            `${what}, c${connections}`,
            reach,
            our,
            their,
            their.p50 / our.p50,
          ),
        );
        say(
          `${what}, c${connections}: ${figure(our)}; MLflow ${figure(their)}`,
        );
      }
    };
    const at = (from, index) => from[index % from.length];
    await compare(
      `search, 100 of ${FEW} models`,
      20,
      () => theirs('registered-models/search?max_results=100'),
      () => registry.call('models?limit=100'),
      { calls: 200 },
    );
    await compare(
      'get by name',
      5,
      index => theirs(`registered-models/get?name=${at(names, index)}`),
      index => registry.call(`models/${at(own, index)}`),
      { calls: 400 },
    );
    await compare(
      'get by alias',
      5,
      index =>
        theirs(
          `registered-models/alias?name=${at(names, index)}&alias=champion`,
        ),
      index => registry.call(`models/${at(own, index)}/versions/champion`),
      { calls: 400 },
    );
    rows.push(...(await writes(mlflow, registry, own)));
    rows.push({
      what: 'memory of the server after that (PSS of all its processes)',
      measured: `${memoryMb(registry.pid).toFixed(0)} MB`,
      reach: '≤ a quarter',
      'compared to': `MLflow: ${memoryMb(mlflow.pid).toFixed(0)} MB`,
      reached: yes(memoryMb(registry.pid) <= memoryMb(mlflow.pid) / 4),
    });
    return rows;
  } finally {
    await registry.stop();
    await mlflow.stop();
  }
}

/** One after another and eight at once: models, versions, aliases made. */
async function writes(mlflow, registry, own) {
  const rows = [];
  for (const connections of [1, 8]) {
    const calls = 150;
    const skipped = connections === 1 ? 0 : calls;
    const prefix = `new-c${connections}`;
    const name = index => `${prefix}-${index}`;
    const measured = async (url, call) =>
      await load(url, { calls, connections, call });
    const their = {
      model: await measured(mlflow.url, index =>
        theirs('registered-models/create', { name: name(index) }),
      ),
      version: await measured(mlflow.url, index =>
        theirs('model-versions/create', {
          name: name(index),
          source: 's3://bucket/model',
        }),
      ),
      alias: await measured(mlflow.url, index =>
        theirs('registered-models/alias', {
          name: name(index),
          alias: 'challenger',
          version: '1',
        }),
      ),
    };
    const post = (route, body, headers) =>
      registry.call(route, { method: 'POST', body, headers });
    const our = {
      draft: await measured(registry.url, index =>
        post(`models/${name(index)}/versions`, draftOf(name(index), FILE), {
          'idempotency-key': name(index),
        }),
      ),
      blob: await measured(registry.url, index => ({
        ...registry.call(`models/${name(index)}/versions/1/blobs/${DIGEST}`, {
          method: 'PUT',
          headers: { 'content-type': 'application/octet-stream' },
        }),
        bytes: CONTENT,
      })),
      complete: await measured(registry.url, index =>
        post(`models/${name(index)}/versions/1/complete`, {}),
      ),
      whole: await measured(registry.url, index =>
        post(
          `models/one-${name(index)}/versions`,
          {
            ...draftOf(`one-${name(index)}`, {
              ...FILE,
              content: CONTENT.toString('base64'),
            }),
            complete: true,
          },
          { 'idempotency-key': `one-${name(index)}` },
        ),
      ),
      // Other models each time: an alias that is set already costs next to nothing.
      alias: await measured(registry.url, index =>
        registry.call(`models/${own[index + skipped]}/aliases/challenger`, {
          method: 'PUT',
          body: { version: 1 },
        }),
      ),
    };
    const sum = (...parts) => ({
      p50: parts.reduce((total, { p50 }) => total + p50, 0),
      p99: parts.reduce((total, { p99 }) => total + p99, 0),
    });
    const compare = (what, ours, others) => {
      say(
        `${what}, c${connections}: ${figure(ours)}; MLflow ${figure(others)}`,
      );
      rows.push(
        row(`${what}, c${connections}`, 5, ours, others, others.p50 / ours.p50),
      );
    };
    compare(
      'create a model with its first version (draft, file, complete; there: model, version)',
      sum(our.draft, our.blob, our.complete),
      sum(their.model, their.version),
    );
    compare(
      'create a model with its first version and file in one call (there: model, version)',
      our.whole,
      sum(their.model, their.version),
    );
    compare(
      'create a draft of a version (there: a version)',
      our.draft,
      their.version,
    );
    compare('set alias', our.alias, their.alias);
  }
  return rows;
}

const CONTENT = Buffer.from('the bytes of a model');
const DIGEST = `sha256:${createHash('sha256').update(CONTENT).digest('hex')}`;
const FILE = {
  path: 'model.onnx',
  digest: DIGEST,
  sizeBytes: CONTENT.length,
};

/** The same questions to the same registry with 1,000 and with 100,000 models. */
async function atScale() {
  const rows = [];
  const postgres = process.env.BENCH_POSTGRES
    ? { connectionString: process.env.BENCH_POSTGRES }
    : await startPostgres();
  try {
    for (const [database, connectionString] of [
      ['SQLite', undefined],
      ['PostgreSQL', postgres.connectionString],
    ]) {
      if (database === 'PostgreSQL' && !connectionString) {
        say(`PostgreSQL is left out: ${postgres.unavailable}`);
        continue;
      }
      const few = await questions(FEW, connectionString);
      const many = await questions(MANY, connectionString);
      for (const [what, small] of few) {
        const large = many.get(what);
        rows.push({
          what: `${what}; ${database}, ${MANY} models`,
          measured: figure(large),
          reach: what.includes('asked first') ? '' : 'p50 ≤ 1.5×',
          'compared to': `${FEW} models: ${figure(small)}`,
          reached: what.includes('asked first')
            ? `${(large.p50 / small.p50).toFixed(2)}×`
            : yes(
                large.p50 <= small.p50 * 1.5,
                `${(large.p50 / small.p50).toFixed(2)}×`,
              ),
        });
      }
    }
    return rows;
  } finally {
    await postgres.stop?.();
  }
}

async function questions(models, postgres) {
  const registry = await RegistryServer.start({ models, postgres });
  try {
    const own = await namesOf(registry);
    const at = index => own[(index * 7) % own.length];
    const subject = index => SUBJECTS[index % SUBJECTS.length];
    const theme = index => `theme-${index % THEMES}`;
    const asked = {
      'page of 100, by name': () => ({ route: 'models?limit=100' }),
      'page of 100, last changed': () => ({
        route: 'models?limit=100&sort=-updatedAt',
      }),
      'page of 50 for one who may read 3 of 50 systems': () => ({
        route: 'models?limit=50',
        as: 'few',
      }),
      'page of 20 of a theme, six facets': index => ({
        route: `models?limit=20&filter=theme%3D${theme(
          index,
        )}&facets=${PAGE_FACETS}`,
      }),
      'page of 20, accuracy and personal data filtered': index => ({
        route: `models?limit=20&filter=${encodeURIComponent(
          `evaluation.accuracy>=0.${
            80 + (index % 10)
          } and metadata.data.personalData=none`,
        )}`,
      }),
      'page of 20, full text by relevance': index => ({
        route: `models?limit=20&q=${subject(index)}&sort=relevance`,
      }),
      'page of 20, full text of a word in every model': () => ({
        route: `models?limit=20&q=plan&sort=relevance`,
      }),
      'get by name': index => ({ route: `models/${at(index)}` }),
      'get by alias': index => ({
        route: `models/${at(index)}/versions/champion`,
      }),
    };
    const figures = new Map();
    const measure = async (what, question, options) => {
      const measured = await load(registry.url, {
        ...options,
        call: index => {
          const { route, ...as } = question(index);
          return registry.call(route, as);
        },
      });
      figures.set(what, measured);
      say(
        `${models} models, ${
          postgres ? 'PostgreSQL' : 'SQLite'
        }: ${what}: ${figure(measured)}`,
      );
    };
    const facets = 'page of 20 of a theme, six facets';
    await measure(`${facets}, c1, asked first`, asked[facets], {
      calls: THEMES,
    });
    for (const [what, question] of Object.entries(asked)) {
      for (const connections of [1, 8])
        await measure(`${what}, c${connections}`, question, {
          calls: CALLS,
          connections,
          warmUp: THEMES,
        });
    }
    return figures;
  } finally {
    await registry.stop();
  }
}

/** From the start of a portal on a filled registry until its catalog has all the models. */
async function intoCatalog() {
  const begin = performance.now();
  const registry = await RegistryServer.start({
    models: CATALOG,
    withModels: true,
  });
  const started = performance.now();
  try {
    for (;;) {
      const response = await fetch(
        `${registry.url}/api/catalog/entities/by-query?filter=kind=model&limit=0`,
        { headers: registry.catalogHeaders() },
      );
      const { totalItems } = await response.json();
      if (totalItems >= CATALOG) break;
      // The portal that is measured answers this too.
      await sleep(1_000);
    }
    const seconds = (performance.now() - started) / 1000;
    say(`catalog: ${seconds.toFixed(1)} s, ${(started - begin).toFixed(0)} ms`);
    return {
      what: `${CATALOG} models in the catalog, from a start with an empty one`,
      measured: `${seconds.toFixed(1)} s`,
      reach: 'printed',
      'compared to': '',
      reached: '',
    };
  } finally {
    await registry.stop();
  }
}

async function namesOf(registry) {
  const names = [];
  for (let cursor = ''; names.length < FEW; ) {
    const { path, headers } = registry.call(`models?limit=200${cursor}`);
    const page = await (await fetch(registry.url + path, { headers })).json();
    names.push(...page.items.map(({ slug }) => slug));
    if (!page.nextCursor) break;
    cursor = `&cursor=${page.nextCursor}`;
  }
  return names;
}

const theirs = (route, body) => ({
  path: `/api/2.0/mlflow/${route}`,
  ...(body && { method: 'POST', body }),
});

/** As many models as ours, each with a version and an alias. */
async function fillMlflow({ url }) {
  const names = Array.from(
    { length: FEW },
    (_, index) => `model-${String(index).padStart(6, '0')}`,
  );
  for (const body of [
    name => theirs('registered-models/create', { name }),
    name =>
      theirs('model-versions/create', { name, source: 's3://bucket/model' }),
    name =>
      theirs('registered-models/alias', {
        name,
        alias: 'champion',
        version: '1',
      }),
  ])
    await load(url, {
      calls: FEW,
      connections: 4,
      call: index => body(names[index]),
    });
  return names;
}

const figure = ({ p50, p99 }) =>
  `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;

const yes = (reached, more = '') =>
  `${reached ? 'yes' : 'NO'}${more && `, ${more}`}`;

function row(what, reach, ours, others, factor) {
  return {
    what,
    measured: figure(ours),
    reach: `≥ ${reach}×`,
    'compared to': `MLflow: ${figure(others)}`,
    reached: yes(factor >= reach, `${factor.toFixed(1)}×`),
  };
}
