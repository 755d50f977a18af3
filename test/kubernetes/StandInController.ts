import { CustomObjectsApi, KubeConfig } from '@kubernetes/client-node';
import { HttpRoute } from '../../plugins/model-platform-backend-module-kubernetes/src/manifests/endpointRoute';

const EVERY_MS = 100;
const ROUTES = {
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  plural: 'httproutes',
};

/** What a controller of Gateways says of routes, for a cluster that has none: each one is taken. */
export class StandInController {
  private readonly objects: CustomObjectsApi;
  private working: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(config: KubeConfig) {
    this.objects = config.makeApiClient(CustomObjectsApi);
    this.next();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.working;
  }

  private next(): void {
    this.timer = setTimeout(() => {
      // A route may be gone meanwhile.
      this.working = this.look().catch(() => undefined);
      this.working.then(() => {
        if (!this.stopped) this.next();
      });
    }, EVERY_MS);
  }

  private async look(): Promise<void> {
    const list: { items: HttpRoute[] } =
      await this.objects.listClusterCustomObject(ROUTES);
    for (const { metadata, spec, status } of list.items) {
      const { namespace = '', name = '', generation } = metadata ?? {};
      const isSaid = status?.parents.every(({ conditions }) =>
        conditions?.some(
          ({ observedGeneration }) => observedGeneration === generation,
        ),
      );
      if (isSaid && status?.parents.length === spec.parentRefs.length) continue;
      const parents = spec.parentRefs.map(parentRef => ({
        parentRef,
        controllerName: 'example.org/controller',
        conditions: ['Accepted', 'ResolvedRefs'].map(type => ({
          type,
          status: 'True',
          reason: type,
          message: '',
          lastTransitionTime: new Date().toISOString(),
          observedGeneration: generation,
        })),
      }));
      await this.objects.patchNamespacedCustomObjectStatus({
        ...ROUTES,
        namespace,
        name,
        body: [{ op: 'add', path: '/status', value: { parents } }],
      });
    }
  }
}
