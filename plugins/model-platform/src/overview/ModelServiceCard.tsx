import { Flex, Grid, Link, Text } from '@backstage/ui';
import {
  CopyButton,
  DeploymentPhaseText,
  Facts,
  FigureCard,
  formatCount,
  formatRatio,
  formatSeconds,
  LoadState,
  Section,
  TimeAgo,
  useLoaded,
  useModel,
} from '@model-platform/plugin-model-platform-react';
import { RANGES } from '../shared/ranges';
import { useModelHref } from '../shared/useModelHref';
import { useModelSlug } from '../shared/useModelSlug';

/** Which version of a model counts, where it runs, and how it did for seven days. */
export function ModelServiceCard() {
  const slug = useModelSlug();
  const href = useModelHref();
  const model = useModel(slug);
  const deployments = useLoaded(
    `deployments of ${slug}`,
    (api, signal) => api.listDeployments({ model: slug }, { signal }),
    { on: ['deployments'] },
  );
  const metrics = useLoaded(
    `week of ${slug}`,
    (api, signal) => api.getModelMetrics(slug, { range: '7d' }, { signal }),
    { on: ['deployments'], everyMs: 30_000 },
  );
  const before = RANGES['7d'].before;
  return (
    <Section title="In service">
      <Flex direction="column" gap="4">
        <LoadState loaded={model} what={`the versions of ${slug}`}>
          {data => (
            <Facts
              facts={[
                {
                  name: 'Version',
                  value: data.current ? (
                    <>
                      <Link
                        href={`${href(slug, 'versions')}?version=${
                          data.current.number
                        }`}
                      >
                        v{data.current.number}
                      </Link>
                      {data.aliases.champion === undefined
                        ? ', the newest (no champion is named)'
                        : ', the champion'}
                      , published <TimeAgo at={data.current.readyAt} />
                    </>
                  ) : (
                    'none published yet'
                  ),
                },
                {
                  name: 'Newest',
                  value:
                    data.latest &&
                    data.latest.number !== data.current?.number ? (
                      <>
                        v{data.latest.number}, published{' '}
                        <TimeAgo at={data.latest.readyAt} />
                      </>
                    ) : undefined,
                },
              ]}
            />
          )}
        </LoadState>
        <LoadState loaded={deployments} what={`where ${slug} runs`}>
          {({ items }) =>
            items.length === 0 ? (
              <Text as="p" color="secondary">
                It is not deployed.{' '}
                <Link href={href(slug, 'deployments')}>How to deploy it</Link>
              </Text>
            ) : (
              <Facts
                facts={items.map(deployment => ({
                  name: deployment.name,
                  value: (
                    <Flex align="center" gap="2">
                      <DeploymentPhaseText phase={deployment.phase} />
                      {deployment.url && (
                        <>
                          <code>{deployment.url}</code>
                          <CopyButton
                            text={deployment.url}
                            label={`Copy the URL of ${deployment.name}`}
                          />
                        </>
                      )}
                    </Flex>
                  ),
                }))}
              />
            )
          }
        </LoadState>
        <LoadState loaded={metrics} what={`the figures of ${slug}`}>
          {data => (
            <Grid.Root columns={{ initial: '1', sm: '3' }} gap="3">
              <FigureCard
                title="Calls, 7 days"
                figure={data.calls}
                format={formatCount}
                period={before}
                href={href(slug, 'metrics')}
              />
              <FigureCard
                title="Failed, 7 days"
                figure={data.errorRatio}
                format={formatRatio}
                better="lower"
                period={before}
                href={href(slug, 'metrics')}
              />
              <FigureCard
                title="Latency, 95 % within"
                figure={data.latencyP95Seconds}
                format={formatSeconds}
                better="lower"
                period={before}
                href={href(slug, 'metrics')}
              />
            </Grid.Root>
          )}
        </LoadState>
        <Text as="p">
          <Link href={href(slug, 'use')}>How to call it</Link>
        </Text>
      </Flex>
    </Section>
  );
}
