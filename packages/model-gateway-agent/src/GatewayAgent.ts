import { setTimeout as sleep } from 'node:timers/promises';
import { V1ConfigMap, V1EndpointSlice, V1Lease } from '@kubernetes/client-node';
import { KubernetesClient, WatchedKind } from '@model-platform/model-cluster';
import {
  GatewayAgentEnvironment,
  GatewayReport,
  PLAN_LABELS,
  REPORT_ANNOTATION,
  REPORT_LABELS,
} from '@model-platform/model-wire';
import { GatewayAdmin } from './GatewayAdmin';
import { ResolvedRoutes, resolveRoutes } from './resolveRoutes';

const MANAGER = 'model-platform-gateway';
/** A gateway that was started anew has no routes, and says so when it is asked. */
const LOOK_EVERY_MS = 1_000;

/** Whoever deletes a report keeps routes from being seen in force so long, and no longer. */
const REPORT_EVERY_MS = 30_000;

type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  facts?: object,
) => void;

/**
 * Tells one gateway what its routes are: the plans of its namespace with the
 * runners that are ready now. The portal is not needed for that, nor the API
 * server for what is known already.
 */
export class GatewayAgent {
  private readonly plans: WatchedKind;

  private readonly slices: WatchedKind;

  private readonly gateway: GatewayAdmin;

  /** What was wrong with plans when they were last looked at. */
  private problems = '';

  /** What the gateway with this pid has. */
  private told:
    | { pid: number; routes: string; plans: ResolvedRoutes['plans'] }
    | undefined;

  private reported: { text: string; at: number } | undefined;

  private reporting = false;

  private reportFailed = false;

  private wake = () => {};

  private stopped = false;

  constructor(
    private readonly environment: GatewayAgentEnvironment,
    private readonly client: KubernetesClient,
    private readonly log: Log,
  ) {
    this.gateway = new GatewayAdmin(
      environment.ADMIN_URL,
      environment.ADMIN_SECRET,
    );
    const common = {
      client,
      namespace: environment.NAMESPACE,
      onChange: () => this.wake(),
      onFailure: (error: Error) => log('warn', error.message),
    };
    this.plans = new WatchedKind({
      ...common,
      kind: 'ConfigMap',
      labelSelector: Object.entries(PLAN_LABELS)
        .map(([name, value]) => `${name}=${value}`)
        .join(','),
    });
    this.slices = new WatchedKind({ ...common, kind: 'EndpointSlice' });
  }

  /** Until it is stopped. */
  async run(): Promise<void> {
    this.plans.start();
    this.slices.start();
    let failed = false;
    while (!this.stopped) {
      const changed = new Promise<void>(resolve => {
        this.wake = resolve;
      });
      try {
        await this.look();
        failed = false;
      } catch (error) {
        if (!failed) this.log('warn', String(error));
        failed = true;
      }
      const pause = sleep(LOOK_EVERY_MS);
      await (failed ? pause : Promise.race([changed, pause]));
    }
  }

  /** Stops once the gateway answers no more: one that goes has calls to finish first. */
  async outlast(): Promise<void> {
    while (await this.gateway.isThere()) await sleep(LOOK_EVERY_MS);
    await this.stop();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.plans.stop();
    await this.slices.stop();
  }

  private async look(): Promise<void> {
    // Half of the plans would be taken for all of them.
    if (!this.plans.synced || !this.slices.synced) return;
    const { routes, report, plans, unreadable } = resolveRoutes(
      this.plans.list() as V1ConfigMap[],
      this.slices.list() as V1EndpointSlice[],
      this.environment.RUNNERS_KEY,
      this.told?.plans,
    );
    const problems = unreadable.join('; ');
    if (problems && problems !== this.problems) {
      this.log('error', 'plans cannot be read; what is known of them stays', {
        plans: unreadable,
      });
    }
    this.problems = problems;
    const text = JSON.stringify(routes);
    const { pid, planned } = await this.gateway.state();
    // No routes at all would be worse than those of an earlier agent, or than others' while this gateway waits.
    const isBlind = routes.length === 0 && problems !== '';
    if (isBlind && (!planned || !this.told)) return;
    if (!planned || this.told?.pid !== pid || this.told.routes !== text) {
      await this.gateway.putRoutes(routes);
      this.told = { pid, routes: text, plans };
      this.log('info', 'the gateway has new routes', {
        endpoints: routes.length,
      });
    }
    this.report(report);
  }

  /** Beside the looking, which needs no API server. */
  private report(report: GatewayReport): void {
    const text = JSON.stringify(report);
    const isTold =
      this.reported?.text === text &&
      performance.now() < this.reported.at + REPORT_EVERY_MS;
    if (isTold || this.reporting) return;
    this.reporting = true;
    this.writeReport(text).then(
      () => {
        this.reporting = false;
        this.reportFailed = false;
        this.reported = { text, at: performance.now() };
        // There may be another one by now.
        this.wake();
      },
      error => {
        this.reporting = false;
        if (!this.reportFailed) this.log('warn', String(error));
        this.reportFailed = true;
      },
    );
  }

  private async writeReport(text: string): Promise<void> {
    const { NAMESPACE, POD_NAME, POD_UID } = this.environment;
    const lease: V1Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: POD_NAME,
        namespace: NAMESPACE,
        labels: REPORT_LABELS,
        annotations: { [REPORT_ANNOTATION]: text },
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Pod', name: POD_NAME, uid: POD_UID },
        ],
      },
    };
    await this.client.apply(lease, { manager: MANAGER });
  }
}
