import { Flex, Select, Text } from '@backstage/ui';
import {
  ModelVersion,
  VersionComparison as Comparison,
} from '@model-platform/plugin-model-platform-common';
import {
  formatAmount,
  formatBytes,
  LoadState,
  Section,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { PlainTable } from '../shared/PlainTable';
import { toText } from '../shared/toText';
import { UrlState } from '../shared/useUrlState';

/** Two versions of the reader's choice, and only what differs between them. */
export function VersionComparison(props: {
  slug: string;
  versions: ModelVersion[];
  url: UrlState;
}) {
  const { slug, versions, url } = props;
  const before = url.get('before');
  const after = url.get('after');
  const options = (chosen: string | undefined) => {
    const known = versions.map(({ number, aliases }) => ({
      id: String(number),
      label: [`v${number}`, ...aliases].join(', '),
    }));
    return chosen === undefined || known.some(({ id }) => id === chosen)
      ? known
      : [{ id: chosen, label: chosen }, ...known];
  };
  return (
    <Section
      title="Compare two versions"
      hint="Metadata, signature, files, evaluation: only what differs"
    >
      <Flex direction="column" gap="3">
        <Flex align="end" gap="3">
          <Select
            label="From"
            placeholder="Choose a version"
            options={options(before)}
            selectedKey={before ?? null}
            onSelectionChange={one => url.set({ before: String(one) })}
          />
          <Select
            label="To"
            placeholder="Choose a version"
            options={options(after)}
            selectedKey={after ?? null}
            onSelectionChange={one => url.set({ after: String(one) })}
          />
        </Flex>
        {before !== undefined && after !== undefined && (
          <Differences slug={slug} before={before} after={after} />
        )}
      </Flex>
    </Section>
  );
}

function Differences(props: { slug: string; before: string; after: string }) {
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

function rowsOf(comparison: Comparison) {
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

function contentText(file: Comparison['files'][number]['before']) {
  return file
    ? `${formatBytes(file.sizeBytes)}, ${file.digest.slice(7, 15)}`
    : '–';
}
