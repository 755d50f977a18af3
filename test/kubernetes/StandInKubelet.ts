import { CoreV1Api, V1Pod, V1PodStatus } from '@kubernetes/client-node';

const EVERY_MS = 100;

/**
 * What a node's kubelet tells of pods, for a cluster that has no node: each one
 * runs as soon as it has a place, unless a test says what is wrong with it, and
 * is gone as soon as it shall be.
 */
export class StandInKubelet {
  /** Of pods whose name begins so: what their status is instead. */
  readonly troubles = new Map<string, (pod: V1Pod) => V1PodStatus>();
  private working: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private stopped = true;

  constructor(private readonly core: CoreV1Api) {}

  async start(): Promise<void> {
    const amounts = { cpu: '1000', memory: '1000Gi', pods: '5000' };
    const node = await this.core.createNode({
      body: { metadata: { name: 'stand-in' } },
    });
    await this.core.patchNodeStatus({
      name: 'stand-in',
      body: [
        {
          op: 'replace',
          path: '/status',
          value: {
            ...node.status,
            capacity: amounts,
            allocatable: amounts,
            conditions: [
              {
                type: 'Ready',
                status: 'True',
                reason: 'StandIn',
                lastHeartbeatTime: new Date().toISOString(),
                lastTransitionTime: new Date().toISOString(),
              },
            ],
          },
        },
      ],
    });
    // A new node is one that is not ready yet, until somebody says otherwise.
    await this.core.patchNode({
      name: 'stand-in',
      body: [{ op: 'remove', path: '/spec/taints' }],
    });
    this.stopped = false;
    this.next();
  }

  /** Nothing where it was not started. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    clearTimeout(this.timer);
    await this.working;
    await this.core.deleteNode({ name: 'stand-in' });
  }

  private next(): void {
    this.timer = setTimeout(() => {
      // An API server that is away is away for a kubelet, too.
      this.working = this.look().catch(() => undefined);
      this.working.then(() => {
        if (!this.stopped) this.next();
      });
    }, EVERY_MS);
  }

  private async look(): Promise<void> {
    const { items } = await this.core.listPodForAllNamespaces();
    for (const pod of items) {
      const {
        name = '',
        namespace = '',
        deletionTimestamp,
      } = pod.metadata ?? {};
      if (!pod.spec?.nodeName) continue;
      if (deletionTimestamp) {
        await this.core.deleteNamespacedPod({
          name,
          namespace,
          gracePeriodSeconds: 0,
        });
        continue;
      }
      const trouble = [...this.troubles].find(([begin]) =>
        name.startsWith(begin),
      )?.[1];
      const wanted = trouble?.(pod) ?? runningStatus(pod);
      if (isSaid(wanted, pod.status)) continue;
      await this.core.patchNamespacedPodStatus({
        name,
        namespace,
        body: [{ op: 'replace', path: '/status', value: wanted }],
      });
    }
  }
}

/** Of a pod that is ready. */
export function runningStatus(pod: V1Pod): V1PodStatus {
  const since = new Date(0);
  return {
    phase: 'Running',
    startTime: since,
    podIP: '10.0.0.1',
    podIPs: [{ ip: '10.0.0.1' }],
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(
      type => ({ type, status: 'True', lastTransitionTime: since }),
    ),
    containerStatuses: pod.spec?.containers.map(({ name, image }) => ({
      name,
      image: image ?? '',
      imageID: '',
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: since } },
    })),
  };
}

function isSaid(wanted: V1PodStatus, status: V1PodStatus | undefined): boolean {
  const facts = ({
    phase,
    containerStatuses,
    initContainerStatuses,
  }: V1PodStatus) =>
    JSON.stringify([
      phase,
      [...(initContainerStatuses ?? []), ...(containerStatuses ?? [])].map(
        ({ name, ready, restartCount, state, lastState }) => [
          name,
          ready,
          restartCount,
          state?.waiting?.reason,
          state?.terminated?.exitCode,
          lastState?.terminated?.reason,
        ],
      ),
    ]);
  return status !== undefined && facts(wanted) === facts(status);
}
