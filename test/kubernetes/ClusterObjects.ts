import {
  KubernetesListObject,
  KubernetesObject,
  V1APIGroupList,
  V1APIResourceList,
  V1Pod,
} from '@kubernetes/client-node';
import {
  FENCING,
  LABELS,
  MANAGER,
} from '../../plugins/model-platform-backend-module-kubernetes/src/manifests/labels';
import { TestCluster } from './TestCluster';

/** What the cluster makes of other objects, or gateways and nodes say of themselves. */
const OTHERS = new Set([
  'ControllerRevision',
  'EndpointSlice',
  'Endpoints',
  'Event',
  'Lease',
  'ReplicaSet',
]);

/** By kind, namespace and name: what somebody has asked for, as text. */
export type ObjectTexts = Map<string, string>;

interface Place {
  kind: string;
  path: string;
}

/**
 * All that the platform has in a cluster, found without it: objects of every
 * kind that the cluster knows, in the platform's namespaces or with its label.
 */
export class ClusterObjects {
  static async of(cluster: TestCluster): Promise<ClusterObjects> {
    const { groups } = await cluster.read<V1APIGroupList>('/apis');
    const versions = [
      '/api/v1',
      ...groups.map(
        ({ preferredVersion, versions: [first] }) =>
          `/apis/${(preferredVersion ?? first).groupVersion}`,
      ),
    ];
    const places: Place[] = [];
    for (const version of versions) {
      const { resources } = await cluster.read<V1APIResourceList>(version);
      for (const { kind, name, namespaced, verbs } of resources) {
        const isKept = namespaced || kind === 'Namespace';
        if (isKept && verbs.includes('list') && !OTHERS.has(kind))
          places.push({ kind, path: `${version}/${name}` });
      }
    }
    return new ClusterObjects(cluster, places);
  }

  private constructor(
    private readonly cluster: TestCluster,
    private readonly places: Place[],
  ) {}

  /** That are looked for. */
  get kinds(): string[] {
    return this.places.map(({ kind }) => kind);
  }

  /** Revisions of an endpoint that anything is there of. */
  async revisionsOf(endpoint: string): Promise<number[]> {
    const labels = (await this.all()).map(({ metadata }) => metadata?.labels);
    return [
      ...new Set(
        labels.flatMap(label =>
          label?.[LABELS.endpoint] === endpoint && label[LABELS.revision]
            ? Number(label[LABELS.revision])
            : [],
        ),
      ),
    ].sort((one, other) => one - other);
  }

  /** Without what the server says, and pods by how many there are. */
  async texts(): Promise<ObjectTexts> {
    const texts: ObjectTexts = new Map();
    const pods = new Map<string, number>();
    for (const object of await this.all()) {
      const { kind, metadata } = object;
      const { namespace = '', name, labels = {} } = metadata ?? {};
      if (kind === 'Pod') {
        const { component, endpoint, revision, variant } = LABELS;
        const of = [component, endpoint, revision, variant]
          .map(label => labels[label] ?? '')
          .join(' ');
        const key = `Pods ${namespace}/${of} ${readinessOf(object)}`;
        pods.set(key, (pods.get(key) ?? 0) + 1);
      } else {
        texts.set(
          `${kind} ${namespace}/${name}`,
          JSON.stringify(wantedOf(object), undefined, 1),
        );
      }
    }
    for (const [key, count] of pods) texts.set(key, String(count));
    return texts;
  }

  private async all(): Promise<KubernetesObject[]> {
    const lists = await Promise.all(
      this.places.map(async ({ kind, path }) => {
        const { items } = await this.cluster.read<
          KubernetesListObject<KubernetesObject>
        >(path);
        return items.map(item => ({ ...item, kind }));
      }),
    );
    const objects = lists.flat();
    const isOurs = ({ metadata }: KubernetesObject) =>
      metadata?.labels?.[LABELS.managedBy] === MANAGER;
    const namespaces = new Set(
      objects
        .filter(object => object.kind === 'Namespace' && isOurs(object))
        .map(({ metadata }) => metadata?.name),
    );
    return objects.filter(
      object => isOurs(object) || namespaces.has(object.metadata?.namespace),
    );
  }
}

/** What is wrong with what is there: left, lacking, or another one. */
export function differences(found: ObjectTexts, wanted: ObjectTexts): string[] {
  const problems: string[] = [];
  for (const [key, text] of wanted) {
    const other = found.get(key);
    if (other === undefined) problems.push(`${key} is lacking`);
    else if (other !== text)
      problems.push(`${key} is another one: ${firstChange(other, text)}`);
  }
  for (const key of found.keys())
    if (!wanted.has(key)) problems.push(`${key} is left over`);
  return problems;
}

function firstChange(found: string, wanted: string): string {
  const there = found.split('\n');
  const line = wanted.split('\n').findIndex((one, at) => one !== there[at]);
  const shown = (text: string) =>
    text
      .split('\n')
      .slice(Math.max(0, line - 1), line + 3)
      .join(' ');
  return `${shown(found)} instead of ${shown(wanted)}`;
}

function readinessOf(object: KubernetesObject): string {
  const { metadata, status } = object as V1Pod;
  if (metadata?.deletionTimestamp) return 'ending';
  return status?.conditions?.some(
    ({ type, status: is }) => type === 'Ready' && is === 'True',
  )
    ? 'ready'
    : 'not ready';
}

/** As it is asked for, and which fields are the platform's. */
function wantedOf(object: KubernetesObject): object {
  const { metadata, ...rest } = object;
  const { name, namespace, labels, annotations = {} } = metadata ?? {};
  const { [FENCING]: _, ...others } = annotations;
  const { finalizers, deletionTimestamp, managedFields = [] } = metadata ?? {};
  const { status, spec, ...more } = rest as {
    status?: unknown;
    spec?: Record<string, unknown>;
  };
  // Addresses are given out by the server; that there is none is asked for.
  const { clusterIP, clusterIPs, ...own } = spec ?? {};
  return {
    name,
    namespace,
    labels,
    annotations: others,
    finalizers,
    isEnding: deletionTimestamp !== undefined,
    managed: managedFields
      .filter(({ operation }) => operation === 'Apply')
      .map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
    isHeadless: clusterIP === 'None',
    spec: own,
    ...more,
  };
}
