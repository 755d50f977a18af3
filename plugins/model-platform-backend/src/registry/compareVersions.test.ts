import { ModelVersion } from '@model-platform/plugin-model-platform-common';
import { compareVersions } from './compareVersions';

function version(
  number: number,
  fields: Partial<ModelVersion> = {},
): ModelVersion {
  return {
    id: `id-${number}`,
    modelId: 'id-of-iris',
    model: 'iris',
    number,
    status: 'ready',
    metadata: {
      purpose: 'Tells species',
      data: { sources: ['Herbarium'], period: '1936' },
    },
    flavor: 'onnx',
    runtime: 'node',
    signature: {
      inputs: [
        { name: 'petal', type: 'number', unit: 'cm' },
        { name: 'sepal', type: 'number' },
      ],
      outputs: [{ name: 'species', type: 'string' }],
    },
    files: [
      { path: 'model.onnx', digest: 'sha256:a', sizeBytes: 10 },
      { path: 'labels.txt', digest: 'sha256:l', sizeBytes: 5 },
    ],
    evaluation: { accuracy: 0.9, f1: 0.8 },
    resources: { cpu: '500m' },
    manifestDigest: `sha256:${number}`,
    aliases: [],
    publisher: 'user:default/mira',
    createdAt: '2026-11-01T00:00:00.000Z',
    readyAt: '2026-11-01T00:00:01.000Z',
    provenance: { commit: 'abc' },
    ...fields,
  };
}

describe('compareVersions', () => {
  it('says nothing of what is the same, whatever the order of keys', () => {
    const same = version(2, {
      metadata: {
        data: { period: '1936', sources: ['Herbarium'] },
        purpose: 'Tells species',
      },
      files: [...version(1).files].reverse(),
      provenance: { commit: 'def' },
    });
    expect(compareVersions(version(1), same)).toEqual({
      model: 'iris',
      before: {
        number: 1,
        status: 'ready',
        publisher: 'user:default/mira',
        readyAt: '2026-11-01T00:00:01.000Z',
        aliases: [],
      },
      after: {
        number: 2,
        status: 'ready',
        publisher: 'user:default/mira',
        readyAt: '2026-11-01T00:00:01.000Z',
        aliases: [],
      },
      identical: true,
      metadata: [],
      signature: [],
      files: [],
      evaluation: [],
      resources: [],
      serving: [],
      provenance: [{ path: 'commit', before: 'abc', after: 'def' }],
    });
  });

  it('names every value that differs, with both sides', () => {
    const before = version(1);
    const after = version(2, {
      metadata: {
        purpose: 'Tells species',
        data: { sources: ['Herbarium', 'Garden'], period: '1936' },
        risk: 'minimal',
        constructor: 'none of the language',
      },
      flavor: 'sklearn',
      runtime: 'python',
      signature: {
        inputs: [
          { name: 'petal', type: 'number', unit: 'mm' },
          { name: 'stem', type: 'number' },
        ],
        outputs: [{ name: 'species', type: 'string' }],
      },
      files: [
        { path: 'model.onnx', digest: 'sha256:b', sizeBytes: 12 },
        { path: 'readme.md', digest: 'sha256:r', sizeBytes: 7 },
      ],
      evaluation: { accuracy: 0.875, recall: 0.5 },
      resources: undefined,
      metrics: [{ name: 'seen_total', type: 'counter' }],
      provenance: undefined,
    });
    expect(compareVersions(before, after)).toMatchObject({
      identical: false,
      metadata: [
        { path: 'constructor', after: 'none of the language' },
        {
          path: 'data.sources',
          before: ['Herbarium'],
          after: ['Herbarium', 'Garden'],
        },
        { path: 'risk', before: undefined, after: 'minimal' },
      ],
      signature: [
        { path: 'inputs.petal.unit', before: 'cm', after: 'mm' },
        { path: 'inputs.sepal', before: { type: 'number' }, after: undefined },
        { path: 'inputs.stem', before: undefined, after: { type: 'number' } },
      ],
      files: [
        {
          path: 'labels.txt',
          change: 'removed',
          before: { digest: 'sha256:l', sizeBytes: 5 },
          after: undefined,
        },
        {
          path: 'model.onnx',
          change: 'changed',
          before: { digest: 'sha256:a', sizeBytes: 10 },
          after: { digest: 'sha256:b', sizeBytes: 12 },
        },
        { path: 'readme.md', change: 'added', before: undefined },
      ],
      evaluation: [
        { name: 'accuracy', before: 0.9, after: 0.875 },
        { name: 'f1', before: 0.8, after: undefined, difference: undefined },
        { name: 'recall', before: undefined, after: 0.5 },
      ],
      resources: [{ path: 'cpu', before: '500m', after: undefined }],
      serving: [
        { path: 'flavor', before: 'onnx', after: 'sklearn' },
        { path: 'metrics.seen_total', after: { type: 'counter' } },
        { path: 'runtime', before: 'node', after: 'python' },
      ],
      provenance: [{ path: 'commit', before: 'abc', after: undefined }],
    });
    const [accuracy] = compareVersions(before, after).evaluation;
    expect(accuracy.difference).toBeCloseTo(-0.025);
  });

  it('tells an order of inputs that changed', () => {
    const { signature } = version(1);
    const turned = version(2, {
      signature: { ...signature, inputs: [...signature.inputs].reverse() },
    });
    expect(compareVersions(version(1), turned).signature).toEqual([
      {
        path: 'inputs',
        before: ['petal', 'sepal'],
        after: ['sepal', 'petal'],
      },
    ]);
  });
});
