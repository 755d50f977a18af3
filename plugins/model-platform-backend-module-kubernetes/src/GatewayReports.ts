import { V1Pod } from '@kubernetes/client-node';
import {
  GatewayReport,
  gatewayReportSchema,
  REPORT_ANNOTATION,
} from '@model-platform/model-wire';
import { ClusterView } from './ClusterView';
import { gatewaySelector } from './manifests/GatewayPlacement';
import { runnerStatusOf } from './runnerStatusOf';

/** What the gateways of namespaces say that they have. */
export class GatewayReports {
  constructor(private readonly view: ClusterView) {}

  /** Digest and revision of an endpoint's route, where all gateways that are ready have the same ones. */
  routeOf(
    namespace: string,
    endpoint: string,
  ): { digest?: string; revision?: number } {
    const routes = this.readyPods(namespace).map(
      pod => this.reportOf(pod)[endpoint],
    );
    const [first] = routes;
    const isSame = (property: 'digest' | 'revision') =>
      routes.every(route => route?.[property] === first?.[property]);
    return {
      digest: isSame('digest') ? first?.digest : undefined,
      revision: isSame('revision') ? first?.revision : undefined,
    };
  }

  /** Whether no gateway that is ready has a route of the endpoint. */
  isGone(namespace: string, endpoint: string): boolean {
    return this.readyPods(namespace).every(
      pod => this.reportOf(pod)[endpoint] === undefined,
    );
  }

  /** Why no gateway is ready, if so. */
  problem(namespace: string): string | undefined {
    if (this.readyPods(namespace).length > 0) return undefined;
    const reasons = this.pods(namespace).flatMap(
      pod => runnerStatusOf(pod, undefined).message ?? [],
    );
    return `No gateway of the namespace ${namespace} is ready${
      reasons.length > 0 ? `: ${reasons[0]}` : ''
    }`;
  }

  private readyPods(namespace: string): V1Pod[] {
    return this.pods(namespace).filter(
      pod => runnerStatusOf(pod, undefined).phase === 'ready',
    );
  }

  private pods(namespace: string): V1Pod[] {
    return this.view.list('Pod', gatewaySelector, namespace);
  }

  private reportOf({ metadata }: V1Pod): GatewayReport {
    const lease = this.view.get({
      kind: 'Lease',
      namespace: metadata?.namespace,
      name: metadata?.name ?? '',
    });
    const text = lease?.metadata?.annotations?.[REPORT_ANNOTATION];
    return text ? gatewayReportSchema.parse(JSON.parse(text)) : {};
  }
}
