import { Text } from '@backstage/ui';
import { VersionComparison } from '@model-platform/plugin-model-platform-common';
import {
  formatAmount,
  formatBytes,
  LoadState,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { PlainTable } from './PlainTable';
import { toText } from './toText';

/** Only what differs between two versions, by number or alias. */
export function VersionDifferences(props: {
  slug: string;
  before: string;
  after: string;
}) {
  const { slug, before, after } = props;
  const comparison = useLoaded(
    `comparison of ${slug} ${before} ${after}`,
    (api, signal) => api.compareVersions(slug, before, after, { signal }),
    { on: ['models'] },
  );
  return (
    <LoadState loaded={comparison} what="what differs">
      {data => {
        const rows = rowsOf(data);
        const from = `v${data.before.number}`;
        const to = `v${data.after.number}`;
        return (
          <>
            {data.identical && (
              <Text as="p">
                {from} and {to} have the same content
                {rows.length > 0 && '; only where they come from differs'}.
              </Text>
            )}
            {rows.length > 0 && (
              <PlainTable
                caption={`What differs between ${from} and ${to}`}
                head={['What', from, to, 'Difference']}
                rows={rows}
              />
            )}
          </>
        );
      }}
    </LoadState>
  );
}

function rowsOf(comparison: VersionComparison) {
  const values = (
    [
      ['Metadata', comparison.metadata],
      ['Signature', comparison.signature],
      ['Resources', comparison.resources],
      ['Loading', comparison.serving],
      ['Provenance', comparison.provenance],
    ] as const
  ).flatMap(([title, changes]) =>
    changes.map(({ path, before, after }) => [
      `${title}: ${path}`,
      valueText(before),
      valueText(after),
      kindOf(before, after),
    ]),
  );
  const evaluation = comparison.evaluation.map(
    ({ name, before, after, difference }) => [
      `Evaluation: ${name}`,
      formatAmount(before),
      formatAmount(after),
      difference === undefined
        ? kindOf(before, after)
        : `${difference > 0 ? '+' : ''}${formatAmount(difference)}`,
    ],
  );
  const files = comparison.files.map(({ path, change, before, after }) => [
    `File: ${path}`,
    contentText(before),
    contentText(after),
    change,
  ]);
  return [...evaluation, ...values, ...files].map(cells => ({
    key: cells[0],
    cells,
  }));
}

function kindOf(before: unknown, after: unknown): string {
  if (before === undefined) return 'added';
  return after === undefined ? 'removed' : 'changed';
}

function valueText(value: unknown): string {
  return toText(value) || '–';
}

function contentText(file: VersionComparison['files'][number]['before']) {
  return file
    ? `${formatBytes(file.sizeBytes)}, ${file.digest.slice(7, 15)}`
    : '–';
}
