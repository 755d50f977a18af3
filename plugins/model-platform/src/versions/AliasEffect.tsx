import { Text } from '@backstage/ui';
import {
  Deployment,
  Model,
} from '@model-platform/plugin-model-platform-common';
import {
  formatCount,
  LoadState,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { callsByEndpoint } from '../shared/callsByEndpoint';

/** What moving an alias does to live traffic: which deployments follow it, and how many calls they had. */
export function AliasEffect(props: {
  model: Model;
  alias: string;
  to: number;
}) {
  const { model, alias, to } = props;
  const from = model.aliases[alias];
  const effect = useLoaded(
    `effect of ${alias} of ${model.slug}`,
    async (api, signal) => {
      const [deployments, metrics] = await Promise.all([
        api.listDeployments({ model: model.slug }, { signal }),
        api.getModelMetrics(model.slug, { range: '24h' }, { signal }),
      ]);
      return {
        followers: deployments.items.filter(one => follows(one, alias)),
        calls: callsByEndpoint(metrics),
      };
    },
  );
  return (
    <>
      <Text as="p">
        {from === undefined
          ? `No version is ${alias} now; v${to} will be.`
          : `${alias} moves from v${from} to v${to}.`}
      </Text>
      <LoadState loaded={effect} what="what follows it">
        {({ followers, calls }) =>
          followers.length === 0 ? (
            <Text as="p">
              No deployment follows this alias by itself, so live traffic stays
              where it is.
            </Text>
          ) : (
            <>
              {followers.map(({ name }) => (
                <Text as="p" key={name}>
                  The endpoint <strong>{name}</strong>, which got{' '}
                  {formatCount(calls.get(name) ?? 0)} calls in the last 24
                  hours, goes over to v{to} as soon as it is ready.
                </Text>
              ))}
            </>
          )
        }
      </LoadState>
    </>
  );
}

function follows({ spec, off }: Deployment, alias: string): boolean {
  const selects = spec.variants?.some(
    ({ version }) => 'alias' in version && version.alias === alias,
  );
  const triggered = spec.triggers?.some(
    trigger => trigger.onAlias?.alias === alias,
  );
  return !off && Boolean(selects && triggered);
}
