import { Flex, Link, Text } from '@backstage/ui';
import { WaitingApproval } from '@model-platform/plugin-model-platform-common';
import {
  Facts,
  formatAmount,
  nameOfRef,
  Section,
  TimeAgo,
} from '@model-platform/plugin-model-platform-react';
import { DecisionButtons } from '../shared/DecisionButtons';
import { useModelHref } from '../shared/useModelHref';
import { VersionDifferences } from '../shared/VersionDifferences';

/** One version that waits: what it is, and how it differs from the one in service. */
export function WaitingVersion(props: {
  waiting: WaitingApproval;
  onDecided: () => void;
}) {
  const { waiting, onDecided } = props;
  const { model, version, aliases } = waiting;
  const modelHref = useModelHref();
  const inService = [
    ...new Set(aliases.flatMap(({ inService: number }) => number ?? [])),
  ];
  return (
    <Section
      title={`${model.name}, version ${version.number}`}
      hint={model.description}
      actions={
        <DecisionButtons
          slug={model.slug}
          name={model.name}
          version={version.number}
          mayApprove
          mayRefuse
          onDecided={onDecided}
        />
      }
    >
      <Flex direction="column" gap="3">
        <Facts
          facts={[
            {
              name: 'Asked for',
              value: aliases
                .map(({ alias, inService: number }) =>
                  number === undefined
                    ? `${alias}, which names no version yet`
                    : `${alias}, which names v${number} now`,
                )
                .join('; '),
            },
            {
              name: 'Published',
              value: (
                <>
                  <TimeAgo at={version.readyAt} /> by{' '}
                  {nameOfRef(version.publisher)}
                </>
              ),
            },
            { name: 'Owner', value: nameOfRef(model.owner) },
            { name: 'System', value: model.system },
            {
              name: 'Evaluation',
              value: Object.entries(version.evaluation ?? {})
                .map(([name, value]) => `${name} ${formatAmount(value)}`)
                .join(', '),
            },
            {
              name: 'All of it',
              value: (
                <Link
                  href={`${modelHref(model.slug, 'versions')}?version=${
                    version.number
                  }`}
                >
                  Metadata, files and provenance of v{version.number}
                </Link>
              ),
            },
          ]}
        />
        {inService.map(number => (
          <Flex key={number} direction="column" gap="2">
            <Text as="h3" variant="body-medium" weight="bold">
              Against v{number}
            </Text>
            <VersionDifferences
              slug={model.slug}
              before={String(number)}
              after={String(version.number)}
            />
          </Flex>
        ))}
      </Flex>
    </Section>
  );
}
