import { Flex, Grid, Link, Text } from '@backstage/ui';
import {
  FileReading,
  Model,
  ModelVersion,
  ReadField,
} from '@model-platform/plugin-model-platform-common';
import {
  CopyButton,
  Facts,
  formatAmount,
  LoadState,
  nameOfRef,
  Section,
  TimeAgo,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { toText } from '../shared/toText';
import { SetAliasButton } from './SetAliasButton';
import { SignatureTable } from '../shared/SignatureTable';
import { VersionApprovals } from './VersionApprovals';
import { VersionFiles } from './VersionFiles';
import { VersionLifeButtons } from './VersionLifeButtons';
import { VersionPickles } from './VersionPickles';

/** One version in full. */
export function VersionDetails(props: {
  slug: string;
  /** Number or alias. */
  version: string;
  model?: Model;
  /** What is shown around it must be read again. */
  onChanged: () => void;
  onDeleted: () => void;
}) {
  const { slug, version, model, onChanged, onDeleted } = props;
  const loaded = useLoaded(
    `version ${slug} ${version}`,
    (api, signal) => api.getVersion(slug, version, { signal }),
    { on: ['models'] },
  );
  const reload = () => {
    loaded.reload();
    onChanged();
  };
  return (
    <LoadState loaded={loaded} what={`version ${version} of ${slug}`}>
      {data => (
        <Flex direction="column" gap="4">
          <Section
            title={`Version ${data.number}`}
            actions={
              model && (
                <Flex gap="2">
                  {model.actions?.update && data.status === 'ready' && (
                    <SetAliasButton
                      model={model}
                      version={data}
                      onChanged={reload}
                    />
                  )}
                  <VersionLifeButtons
                    model={model}
                    version={data}
                    onChanged={reload}
                    onDeleted={onDeleted}
                  />
                </Flex>
              )
            }
          >
            <Grid.Root columns={{ initial: '1', md: '2' }} gap="5">
              <Facts facts={factsOf(data)} />
              <Facts
                facts={[
                  ...Object.entries(data.evaluation ?? {}).map(
                    ([name, value]) => ({ name, value: formatAmount(value) }),
                  ),
                  ...Object.entries(data.metadata).map(([name, value]) => ({
                    name,
                    value: toText(value),
                  })),
                ]}
              />
            </Grid.Root>
          </Section>
          <Grid.Root columns={{ initial: '1', md: '2' }} gap="4">
            <Section title="Inputs and outputs">
              <SignatureTable signature={data.signature} />
            </Section>
            <VersionFiles slug={slug} version={data} />
          </Grid.Root>
          <VersionPickles version={data} />
          {data.status !== 'draft' && (
            <VersionApprovals slug={slug} version={data} />
          )}
        </Flex>
      )}
    </LoadState>
  );
}

function factsOf(version: ModelVersion) {
  const { provenance = {}, resources } = version;
  return [
    { name: 'Aliases', value: version.aliases.join(', ') },
    {
      name: 'Published',
      value: (
        <>
          <TimeAgo at={version.readyAt} none="not yet" /> by{' '}
          {nameOfRef(version.publisher)}
        </>
      ),
    },
    {
      name: 'Commit',
      value: provenance.commit && (
        <Flex align="center" gap="1">
          <code>{provenance.commit.slice(0, 12)}</code>
          <CopyButton text={provenance.commit} label="Copy the commit" />
        </Flex>
      ),
    },
    { name: 'Repository', value: linked(provenance.repository) },
    { name: 'CI run', value: linked(provenance.ciRun) },
    { name: 'Training run', value: linked(provenance.trainingRun) },
    {
      name: 'Data sets',
      value: provenance.datasets
        ?.map(({ name, version: of, uri }) =>
          [name, of, uri && `(${uri})`].filter(Boolean).join(' '),
        )
        .join(', '),
    },
    { name: 'Client', value: provenance.client },
    {
      name: 'Satisfied',
      value: version.schemas
        ?.map(schema => `${schema.name}, version ${schema.version}`)
        .join('; '),
    },
    {
      name: 'Files say',
      value: version.readings
        ?.filter(({ format }) => format !== 'pickle')
        .map(readingText)
        .join('; '),
    },
    {
      name: 'Loaded as',
      value: loadedAs(version),
    },
    {
      name: 'Needs',
      value: [
        resources?.cpu && `CPU ${resources.cpu}`,
        resources?.memory && `memory ${resources.memory}`,
        resources?.gpu && `${resources.gpu} GPU`,
        resources?.timeoutSeconds && `${resources.timeoutSeconds} s a call`,
      ]
        .filter(Boolean)
        .join(', '),
    },
    {
      name: 'Counts',
      value: version.metrics
        ?.map(
          metric =>
            `${metric.name}${metric.collected ? '' : ' (not collected)'}`,
        )
        .join(', '),
    },
    {
      name: 'Digest',
      value: (
        <Flex align="center" gap="1">
          <code>{version.manifestDigest.slice(0, 19)}…</code>
          <CopyButton text={version.manifestDigest} label="Copy the digest" />
        </Flex>
      ),
    },
  ];
}

function loadedAs({ image, flavor, runtime, endpoint }: ModelVersion) {
  if (!image) {
    return `${flavor}, in the ${
      runtime === 'node' ? 'Node' : 'Python'
    } runtime${endpoint ? `, with its own code ${endpoint}` : ''}`;
  }
  return (
    <Flex align="center" gap="1">
      <span>
        image <code>{image.reference}</code>, port {image.port}
      </span>
      <CopyButton text={image.reference} label="Copy the image's reference" />
    </Flex>
  );
}

function readingText({ path, inputs, outputs, problem }: FileReading): string {
  if (problem) return `${path} cannot be read: ${problem}`;
  const names = (fields: ReadField[] | undefined) =>
    fields?.map(({ name, type }) => name ?? type ?? 'unnamed').join(', ') ||
    'nothing said';
  return `${path}: ${names(inputs)} → ${names(outputs)}`;
}

function linked(text: string | undefined) {
  if (!text) return undefined;
  return /^https?:\/\//.test(text) ? (
    <Link href={text}>{text}</Link>
  ) : (
    <Text>{text}</Text>
  );
}
