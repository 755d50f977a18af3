import { V1Pod } from '@kubernetes/client-node';
import { runnerStatusOf } from './runnerStatusOf';

const image: V1Pod['spec'] = {
  initContainers: [
    { name: 'fetch', resources: { requests: { cpu: '8', memory: '64Gi' } } },
    {
      name: 'model',
      restartPolicy: 'Always',
      resources: {
        requests: { cpu: '4', memory: '16Gi', 'nvidia.com/gpu': '1' },
        limits: { memory: '16Gi' },
      },
    },
  ],
  containers: [
    {
      name: 'runner',
      resources: {
        requests: { cpu: '250m', memory: '192Mi' },
        limits: { memory: '192Mi' },
      },
    },
  ],
};

const container = (name: string) => ({
  ...{ name, image: '', imageID: '', ready: true, restartCount: 0 },
  state: { running: {} },
});

const ended = (name: string, reason: string, finishedAt: string) => ({
  ...container(name),
  restartCount: 1,
  lastState: {
    terminated: { exitCode: 137, reason, finishedAt: new Date(finishedAt) },
  },
});

describe('what a pod with a container of its own is', () => {
  it('needs what all of its containers ask for', () => {
    const conditions = [
      {
        ...{ type: 'PodScheduled', status: 'False' },
        message: '0/3 nodes are available: 3 Insufficient nvidia.com/gpu.',
      },
    ];
    const { message } = runnerStatusOf(
      { spec: image, status: { conditions } },
      undefined,
    );
    expect(message).toBe(
      'The cluster has no room for it (it asks for 4 cpu, 16Gi memory, 1 nvidia.com/gpu for model, and 250m cpu, 192Mi memory for runner): 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.',
    );
    const plain = {
      ...image,
      initContainers: image.initContainers?.slice(0, 1),
    };
    expect(
      runnerStatusOf({ spec: plain, status: { conditions } }, undefined)
        .message,
    ).toContain('(it asks for 250m cpu, 192Mi memory)');
  });

  it('says why the container was ended last, though it runs again', () => {
    const of = (
      model: ReturnType<typeof container>,
      runner: ReturnType<typeof container>,
      isReady: boolean,
    ) =>
      runnerStatusOf(
        {
          spec: image,
          status: {
            conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
            initContainerStatuses: [
              ended('fetch', 'Completed', '2026-11-03T00:00:00Z'),
              model,
            ],
            containerStatuses: [runner],
          },
        },
        undefined,
      );
    const killed = ended('model', 'OOMKilled', '2026-11-01T00:00:00Z');
    for (const isReady of [true, false]) {
      expect(of(killed, container('runner'), isReady)).toMatchObject({
        phase: isReady ? 'ready' : 'starting',
        message: expect.stringContaining('more memory than it may (16Gi)'),
      });
    }
    // What happened last is what there is to be told.
    const later = ended('runner', 'OOMKilled', '2026-11-02T00:00:00Z');
    expect(of(killed, later, true).message).toContain('(192Mi)');
  });
});
