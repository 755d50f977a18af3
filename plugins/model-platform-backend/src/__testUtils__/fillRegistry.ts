import { createHash, randomUUID } from 'node:crypto';
import { VersionSpec } from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { indexModels } from '../registry/finding/indexModels';
import { INSERT_CHUNK } from '../registry/insertChunk';
import {
  AliasRow,
  FileRow,
  HistoryRow,
  ModelRow,
  VersionRow,
} from '../registry/modelRows';

const BATCH = 500;
const TYPES = ['ml', 'ml', 'ml', 'prompt', 'optimization', 'process'];
const SUBJECTS = [
  ...['churn', 'fraud', 'demand', 'price', 'invoice', 'claim', 'route', 'load'],
  ...['defect', 'lead', 'ticket', 'energy', 'stock', 'credit', 'visit', 'crop'],
];
const TASKS = [
  ...['forecast', 'classifier', 'ranking', 'detector', 'summary', 'planner'],
  ...['scoring', 'matching', 'segmentation', 'estimate'],
];
const METHODS = [
  ...['Gradient boosting', 'Random forest', 'Logistic regression', 'ARIMA'],
  ...['Transformer', 'Cox regression', 'Mixed integer programme', 'k-means'],
];
const TAGS = [
  ...['tabular', 'text', 'vision', 'timeseries', 'pilot', 'gpu', 'batch'],
  ...['realtime', 'critical', 'legacy', 'customer', 'partner'],
];
const RISKS = ['minimal', 'minimal', 'minimal', 'limited', 'high'];

export const FILLED_SYSTEMS = 50;
export const FILLED_OWNERS = 100;
export const FILLED_THEMES = 40;

/** The n-th model that `fillRegistry` makes; the same at each run. */
export function filledModel(index: number) {
  // Knuth's multiplicative hash: near indexes have nothing in common.
  const dice = (salt: number, sides: number) =>
    (Math.imul(index + salt * 7_919, 2_654_435_761) >>> 8) % sides;
  const pick = <T>(salt: number, from: T[]) => from[dice(salt, from.length)];
  const subject = pick(1, SUBJECTS);
  const task = pick(2, TASKS);
  const name = `${subject}-${task}-${String(index).padStart(6, '0')}`;
  const accuracy = 0.5 + dice(3, 5_000) / 10_000;
  const spec: VersionSpec = {
    metadata: {
      purpose: `${task} of ${subject} for unit ${dice(4, 400)}`,
      audience: 'Planners and analysts of the business unit',
      method: pick(5, METHODS),
      data: {
        sources: [`warehouse-${dice(6, 300)}`, `events-${dice(7, 300)}`],
        personalData: pick(8, ['none', 'none', 'pseudonymised', 'yes']),
        period: `20${20 + dice(9, 6)}`,
      },
      theme: `theme-${dice(10, FILLED_THEMES)}`,
      risk: pick(11, RISKS),
      trainedAt: new Date(Date.UTC(2024, 0, 1 + dice(12, 800)))
        .toISOString()
        .slice(0, 10),
      costPerCall: dice(13, 1_000) / 1_000,
    },
    flavor: 'onnx',
    runtime: 'node',
    signature: {
      inputs: ['age', 'amount', 'region', 'channel'].map(field => ({
        name: field,
        type: 'number',
      })),
      outputs: [{ name: 'score', type: 'number' }],
    },
    evaluation: { accuracy, auc: Math.min(1, accuracy + 0.05) },
  };
  return {
    name,
    type: pick(14, TYPES),
    owner: `group:default/team-${dice(15, FILLED_OWNERS)}`,
    system: `system-${dice(16, FILLED_SYSTEMS)}`,
    description: `Tells the ${subject} ${task} of ${pick(
      17,
      METHODS,
    )} to those who plan ahead`,
    lifecycle: pick(18, ['experimental', 'production', 'deprecated'] as const),
    visibility: pick(19, ['system', 'system', 'system', 'everyone'] as const),
    sharedWith:
      dice(20, 10) === 0 ? [`group:default/team-${dice(21, 100)}`] : [],
    tags: [...new Set([pick(22, TAGS), pick(23, TAGS)])].sort(),
    spec,
  };
}

/** Models as if published one after another, a minute each; many at once, for benches. */
export async function fillRegistry(
  knex: Knex,
  options: { from: number; to: number },
): Promise<void> {
  for (let start = options.from; start < options.to; start += BATCH) {
    const end = Math.min(start + BATCH, options.to);
    await knex.transaction(async tx => {
      const rows = Array.from({ length: end - start }, (_, offset) =>
        rowsOf(start + offset),
      );
      await insert(
        tx,
        'registry_names',
        rows.map(({ model }) => ({ name: model.name, last_number: 1 })),
      );
      for (const [table, key] of [
        ['registry_models', 'model'],
        ['registry_versions', 'version'],
        ['registry_files', 'file'],
        ['registry_aliases', 'alias'],
        ['registry_history', 'history'],
      ] as const)
        await insert(
          tx,
          table,
          rows.map(row => row[key]),
        );
      await indexModels(
        tx,
        rows.map(({ model }) => model.id),
      );
    });
  }
}

function rowsOf(index: number) {
  const { spec, ...fields } = filledModel(index);
  const id = randomUUID();
  const versionId = randomUUID();
  const at = new Date(Date.UTC(2025, 0, 1) + index * 60_000).toISOString();
  const digest = `sha256:${createHash('sha256')
    .update(fields.name)
    .digest('hex')}`;
  const model: Partial<ModelRow> & { id: string; name: string } = {
    ...fields,
    id,
    slug: fields.name,
    shared_with: JSON.stringify(fields.sharedWith),
    tags: JSON.stringify(fields.tags),
    created_at: at,
    created_by: 'user:default/bench',
    updated_at: at,
    published_at: at,
    changes: 2,
  };
  Reflect.deleteProperty(model, 'sharedWith');
  const version: VersionRow = {
    id: versionId,
    model_id: id,
    number: 1,
    status: 'ready',
    system: fields.system,
    fields: JSON.stringify({ fields, given: Object.keys(fields) }),
    spec: JSON.stringify(spec),
    manifest_digest: digest,
    publisher: 'user:default/bench',
    responsible: 'user:default/bench',
    idempotency_key: null,
    created_at: at,
    ready_at: at,
    archived_at: null,
    expires_at: null,
    schemas: null,
    readings: null,
  };
  const file: FileRow = {
    version_id: versionId,
    position: 0,
    path: 'model.onnx',
    digest,
    size_bytes: 10_000,
    system: fields.system,
    uploaded: true,
  };
  const alias: AliasRow = { model_id: id, alias: 'champion', version: 1 };
  const history: Omit<HistoryRow, 'id'> = {
    model_id: id,
    at,
    actor: 'user:default/bench',
    action: 'published',
    reason: null,
    details: null,
    alias: null,
    client: null,
    unfinished: false,
  };
  return { model, version, file, alias, history };
}

async function insert(
  tx: Knex.Transaction,
  table: string,
  rows: object[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += INSERT_CHUNK)
    await tx(table).insert(rows.slice(start, start + INSERT_CHUNK));
}
