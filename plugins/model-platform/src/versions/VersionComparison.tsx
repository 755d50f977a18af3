import { Flex, Select } from '@backstage/ui';
import { ModelVersion } from '@model-platform/plugin-model-platform-common';
import { Section } from '@model-platform/plugin-model-platform-react';
import { UrlState } from '../shared/useUrlState';
import { VersionDifferences } from '../shared/VersionDifferences';

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
          <VersionDifferences slug={slug} before={before} after={after} />
        )}
      </Flex>
    </Section>
  );
}
