import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  ModelVersion,
  VersionComparison,
} from '@model-platform/plugin-model-platform-common';
import { FakePlatform } from '../__testUtils__/FakePlatform';
import { renderOnPlatform } from '../__testUtils__/renderOnPlatform';
import { sampleModel } from '../__testUtils__/samples';
import { ModelVersionsContent } from './ModelVersionsContent';

const version = (
  number: number,
  fields: Partial<ModelVersion> = {},
): ModelVersion => ({
  id: `v${number}`,
  modelId: 'id-of-iris',
  model: 'iris',
  number,
  status: 'ready',
  metadata: {},
  flavor: 'onnx',
  runtime: 'node',
  signature: { inputs: [], outputs: [] },
  files: [],
  manifestDigest: `sha256:${'0'.repeat(64)}`,
  aliases: [],
  publisher: 'user:default/mira',
  createdAt: '2026-11-01T08:00:00.000Z',
  readyAt: '2026-11-01T08:00:00.000Z',
  ...fields,
});

const compared = (number: number) => ({
  number,
  status: 'ready' as const,
  publisher: 'user:default/mira',
  aliases: [],
});

const comparison: VersionComparison = {
  model: 'iris',
  before: compared(1),
  after: compared(3),
  identical: false,
  metadata: [{ path: 'data.period', before: '1936', after: '2024' }],
  signature: [{ path: 'inputs.stem', after: { type: 'number' } }],
  files: [
    {
      path: 'model.onnx',
      change: 'changed',
      before: { digest: `sha256:${'a'.repeat(64)}`, sizeBytes: 1000 },
      after: { digest: `sha256:${'b'.repeat(64)}`, sizeBytes: 2000 },
    },
  ],
  evaluation: [
    { name: 'accuracy', before: 0.9, after: 0.95, difference: 0.05 },
  ],
  resources: [],
  serving: [],
  provenance: [],
};

function platform(shown: Partial<ModelVersion> = {}) {
  return new FakePlatform()
    .when('GET models/iris', () => sampleModel())
    .when('GET models/iris/versions', () => ({
      items: [version(3, shown), version(2), version(1)],
    }))
    .when('GET models/iris/versions/3', () => version(3, shown))
    .when('GET models/iris/versions/1/compare/3', () => comparison)
    .when('GET models/iris/versions/3/approvals', () => ({
      items: [],
      requirements: [
        {
          alias: 'champion',
          by: ['group:default/model-risk'],
          notByPublisher: true,
          met: false,
        },
      ],
      mayApprove: true,
    }));
}

describe('ModelVersionsContent', () => {
  it('shows only what differs between the two versions of the address', async () => {
    await renderOnPlatform(
      <ModelVersionsContent />,
      platform(),
      '/?before=1&after=3',
    );
    const table = within(
      await screen.findByRole('table', {
        name: 'What differs between v1 and v3',
      }),
    );
    const [head, ...rows] = table
      .getAllByRole('row')
      .map(row =>
        [...row.children].map(({ textContent }) => textContent).join('|'),
      );
    expect(head).toBe('What|v1|v3|Difference');
    expect(rows).toEqual([
      'Evaluation: accuracy|0.9|0.95|+0.05',
      'Metadata: data.period|1936|2024|changed',
      'Signature: inputs.stem|–|type: number|added',
      expect.stringMatching(
        /^File: model.onnx\|.*, aaaaaaaa\|.*, bbbbbbbb\|changed$/,
      ),
    ]);
  });

  it('takes an approval with its reason, and none without', async () => {
    const iris = platform().when(
      'POST models/iris/versions/3/approvals',
      () => ({}),
    );
    await renderOnPlatform(<ModelVersionsContent />, iris);
    expect(
      await screen.findByText(/a member of model-risk can do it/),
    ).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Approve' }));
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.click(dialog.getByRole('button', { name: 'Approve v3' }));
    expect(await dialog.findByRole('alert')).toHaveTextContent('Say why');
    await userEvent.type(
      dialog.getByRole('textbox', { name: 'Reason' }),
      'Looked at it',
    );
    await userEvent.click(dialog.getByRole('button', { name: 'Approve v3' }));
    await waitFor(() =>
      expect(
        iris
          .callsOf('POST models/iris/versions/3/approvals')
          .map(({ body }) => body),
      ).toEqual([{ reason: 'Looked at it', decision: 'approved' }]),
    );
  });

  it('shows what one has just done, also where no signal tells it', async () => {
    let shown = version(3, { status: 'archived' });
    const iris = platform()
      .when('GET models/iris/versions', () => ({ items: [shown, version(2)] }))
      .when('GET models/iris/versions/3', () => shown)
      .when('PATCH models/iris/versions/3', () => {
        shown = version(3);
        return shown;
      });
    await renderOnPlatform(<ModelVersionsContent />, iris);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Restore' }),
    );
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.click(dialog.getByRole('button', { name: 'Restore v3' }));
    expect(
      await screen.findByRole('button', { name: 'Archive' }),
    ).toBeInTheDocument();
    expect(screen.queryByText('archived')).not.toBeInTheDocument();
  });

  it('restores and deletes what is archived', async () => {
    const iris = platform({ status: 'archived' })
      .when('PATCH models/iris/versions/3', () => version(3))
      .when('DELETE models/iris/versions/3', () => ({}));
    await renderOnPlatform(<ModelVersionsContent />, iris);
    expect(
      await screen.findByRole('button', { name: 'Restore' }),
    ).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Delete' }));
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.click(
      dialog.getByRole('button', { name: 'Delete v3 for good' }),
    );
    await waitFor(() =>
      expect(
        iris
          .callsOf('DELETE models/iris/versions/3')
          .map(({ query }) => query.get('permanently')),
      ).toEqual(['true']),
    );
    expect(
      screen.queryByRole('button', { name: 'Archive' }),
    ).not.toBeInTheDocument();
  });
});
