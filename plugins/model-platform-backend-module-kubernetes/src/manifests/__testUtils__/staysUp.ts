import {
  KubernetesObject,
  V1Deployment,
  V1PodDisruptionBudget,
} from '@kubernetes/client-node';

/** Expects what keeps calls answered while a pod or its node goes, however it goes. */
export function staysUp(
  manifests: KubernetesObject[],
  selector: Record<string, string>,
  expected: {
    graceSeconds: number;
    drainMs: string;
    ready: { path: string; port: number };
    live: { path: string; port: number };
  },
): void {
  const { spec } = manifests.find(
    ({ kind }) => kind === 'Deployment',
  ) as V1Deployment;
  const budget = manifests.find(
    ({ kind }) => kind === 'PodDisruptionBudget',
  ) as V1PodDisruptionBudget;
  expect(budget.spec).toEqual({
    maxUnavailable: 1,
    selector: { matchLabels: selector },
    unhealthyPodEvictionPolicy: 'AlwaysAllow',
  });
  expect(spec?.selector.matchLabels).toEqual(selector);
  expect(spec?.template.metadata?.labels).toMatchObject(selector);
  // A new one is ready before an old one goes.
  expect(spec?.strategy?.rollingUpdate).toEqual({
    maxSurge: 1,
    maxUnavailable: 0,
  });
  const pod = spec?.template.spec;
  expect(
    pod?.topologySpreadConstraints?.map(
      ({ topologyKey, maxSkew, whenUnsatisfiable, labelSelector }) => [
        topologyKey,
        maxSkew,
        whenUnsatisfiable,
        labelSelector?.matchLabels,
      ],
    ),
  ).toEqual([
    ['topology.kubernetes.io/zone', 1, 'ScheduleAnyway', selector],
    ['kubernetes.io/hostname', 1, 'ScheduleAnyway', selector],
  ]);
  // Nobody sends it calls any more, it finishes those it has, and ends.
  expect(pod?.terminationGracePeriodSeconds).toBe(expected.graceSeconds);
  const [program] = pod?.containers ?? [];
  expect(program.lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
  expect(
    program.env?.find(({ name }) => name === 'DRAIN_TIMEOUT_MS')?.value,
  ).toBe(expected.drainMs);
  expect(program.readinessProbe?.httpGet).toEqual(expected.ready);
  expect(program.livenessProbe?.httpGet).toEqual(expected.live);
}
