import { Text } from '@backstage/ui';
import { Deployment } from '@model-platform/plugin-model-platform-common';
import {
  formatCount,
  LoadingRows,
  LoadState,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { callsByEndpoint } from '../shared/callsByEndpoint';

/** The live traffic that a change will meet, in numbers. */
export function TrafficNow(props: { deployment: Deployment }) {
  const { name, modelSlug } = props.deployment;
  const metrics = useLoaded(`traffic of ${name}`, async (api, signal) => {
    const [hour, day] = await Promise.all([
      api.getModelMetrics(modelSlug, { range: '1h' }, { signal }),
      api.getModelMetrics(modelSlug, { range: '24h' }, { signal }),
    ]);
    return {
      hour: callsByEndpoint(hour).get(name) ?? 0,
      day: callsByEndpoint(day).get(name) ?? 0,
      consumers: day.byConsumer.filter(({ calls }) => calls > 0).length,
    };
  });
  return (
    <LoadState
      loaded={metrics}
      what={`the traffic of ${name}`}
      // As high as what comes, so that no button moves from under a pointer.
      loading={<LoadingRows rows={2} height={20} label="Loading the traffic" />}
    >
      {({ hour, day, consumers }) => (
        <Text as="p">
          {day === 0 ? (
            <>
              <strong>{name}</strong> got no calls in the last 24 hours.
            </>
          ) : (
            <>
              <strong>{name}</strong> got <strong>{formatCount(hour)}</strong>{' '}
              calls in the last hour and <strong>{formatCount(day)}</strong> in
              the last 24 hours
              {consumers > 0 &&
                `; the model was called by ${consumers} ${
                  consumers === 1 ? 'application' : 'applications'
                }`}
              .
            </>
          )}
        </Text>
      )}
    </LoadState>
  );
}
