import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { parse } from 'yaml';
import { deploymentJsonSchema } from './deploymentJsonSchema';
import { parseDeploymentSpec } from './parseDeploymentSpec';

const base = {
  system: 'customer-care',
  environment: 'local',
  model: 'churn',
};
const metric = {
  metric: 'error_ratio',
  above: 0.1,
  for: '5m',
  action: 'rollback',
};
const root = join(__dirname, '../../../../..');

/** Examples of the documentation: whole deployments, and parts of their specs. */
const documented = readdirSync(join(root, 'docs'))
  .filter(file => file.endsWith('.md'))
  .flatMap(file =>
    [
      ...readFileSync(join(root, 'docs', file), 'utf8').matchAll(
        /^( *)```yaml\n([^]*?)^ *```$/gm,
      ),
    ].map(([, , block]) => ({ file, block, document: parse(block) })),
  )
  .filter(
    ({ document }) =>
      document?.kind === 'ModelDeployment' ||
      Object.keys(document ?? {}).join() === 'spec',
  );
const window = { from: '08:00', to: '17:00', timezone: 'Europe/Berlin' };

describe('deploymentJsonSchema', () => {
  const validate = new Ajv2020({ strict: false, logger: false }).compile(
    deploymentJsonSchema(),
  );
  const isValid = (spec: unknown) =>
    validate({
      apiVersion: 'model-platform.io/v1alpha1',
      kind: 'ModelDeployment',
      metadata: { name: 'churn' },
      spec,
    });

  it('takes the canary of the examples', () => {
    const example = parse(
      readFileSync(join(root, 'examples/iris/canary.yaml'), 'utf8'),
    );
    expect([validate(example), validate.errors]).toEqual([true, null]);
    expect(parseDeploymentSpec('iris', example.spec).problems).toEqual([]);
  });

  it.each(documented)('takes what $file shows: $block', ({ document }) => {
    const { metadata, spec } = document;
    const whole = { ...base, ...spec };
    const name = metadata?.name ?? 'churn';
    expect(parseDeploymentSpec(name, whole).problems).toEqual([]);
    expect([isValid(whole), validate.errors]).toEqual([true, null]);
  });

  it.each([
    {},
    { owner: 'crm', allowBreaking: true },
    {
      strategy: { type: 'weighted' },
      variants: [
        { name: 'a', version: { alias: 'champion' }, weight: 90 },
        { name: 'b', version: { latest: true }, weight: 10, model: 'other' },
      ],
    },
    {
      resources: {
        cpu: '500m',
        memory: '300Ki',
        gpu: 1,
        timeoutSeconds: 3,
        replicas: { min: 1, max: 2 },
      },
    },
    {
      triggers: [
        { onVersion: true },
        { onAlias: { alias: 'champion' } },
        { onMetric: metric },
        { schedule: { cron: '0 6 * * mon', timezone: 'Europe/Berlin' } },
      ],
    },
    { triggers: [{ onVersion: { where: 'evaluation.accuracy > 0.9' } }] },
    {
      gates: [
        { approval: { by: 'model-risk', count: 2, of: 'breaking' } },
        {
          evidence: {
            metadata: 'complete',
            evaluation: { metric: 'accuracy', above: 0.9 },
            scan: 'clean',
          },
        },
        { window: { days: ['mon'], ...window } },
      ],
    },
  ])('takes what is taken: %j', part => {
    const spec = { ...base, ...part };
    expect(parseDeploymentSpec('churn', spec).problems).toEqual([]);
    expect([isValid(spec), validate.errors]).toEqual([true, null]);
  });

  it.each([
    { model: undefined },
    { modle: 'churn' },
    { allowBreaking: 'yes' },
    { variants: [] },
    { variants: [{ name: 'A', version: { latest: true } }] },
    { variants: [{ name: 'a', version: { number: 0 } }] },
    { variants: [{ name: 'a', version: { number: 1, latest: true } }] },
    { resources: { cpu: 'much' } },
    { resources: { cpu: '0' } },
    { resources: { memory: '0Mi' } },
    { resources: { replicas: { min: -1, max: 1 } } },
    { triggers: [{ onVersion: false }] },
    { triggers: [{ onMetric: { ...metric, action: 'pray' } }] },
    { triggers: [{ onMetric: { ...metric, for: 'long' } }] },
    { gates: [{ approval: {} }] },
    { gates: [{ evidence: { metadata: 'some' } }] },
    { gates: [{ window: { ...window, days: ['monday'] } }] },
    { gates: [{ window: { ...window, from: '25:00' } }] },
  ])('refuses what is refused: %j', part => {
    const spec = { ...base, ...part };
    expect(parseDeploymentSpec('churn', spec).problems).not.toEqual([]);
    expect(isValid(spec)).toBe(false);
  });
});
