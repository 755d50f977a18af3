import { Readable } from 'node:stream';
import {
  ApiException,
  CoreV1Event,
  createConfiguration,
  HttpMethod,
  KubeConfig,
  KubernetesListObject,
  KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  RequestContext,
  ServerConfiguration,
  V1DeleteOptions,
  V1Preconditions,
} from '@kubernetes/client-node';
import { InputError, NotFoundError } from '@backstage/errors';
import { request } from 'undici';
import { statusCodeOf, statusOf, toClusterError } from './toClusterError';
import { Kind, KINDS, pathOf } from './kinds';
import { withRetry } from './withRetry';

/** A server that takes a connection and does not answer is as good as none. */
const TIMEOUT_MS = 15_000;
const PAGE_SIZE = 500;

export interface ObjectKey {
  kind: Kind;
  namespace?: string;
  name: string;
}

/** A list as it is sent. */
interface RawList<T> {
  metadata: { resourceVersion?: string; continue?: string };
  items: T[];
}

/** The API server, with what the driver asks of it. Passing failures are tried again. */
export class KubernetesClient {
  /** Where it is, and who asks, as `kubectl` finds it; else the service account of the pod that this runs in. */
  static fromKubeconfig(
    options: {
      kubeconfig?: string;
      context?: string;
      pageSize?: number;
    } = {},
  ): KubernetesClient {
    const config = new KubeConfig();
    if (options.kubeconfig) config.loadFromFile(options.kubeconfig);
    else config.loadFromDefault();
    if (options.context) config.setCurrentContext(options.context);
    return new KubernetesClient(config, options.pageSize);
  }

  private readonly objects: KubernetesObjectApi;

  /** @param pageSize - objects of one answer of a list */
  constructor(
    readonly config: KubeConfig,
    private readonly pageSize = PAGE_SIZE,
  ) {
    const cluster = config.getCurrentCluster();
    if (!cluster) {
      throw new InputError('The kubeconfig names no cluster');
    }
    this.objects = new KubernetesObjectApi(
      createConfiguration({
        baseServer: new ServerConfiguration(cluster.server, {}),
        authMethods: { default: config },
        promiseMiddleware: [
          {
            async pre(context: RequestContext) {
              context.setSignal(AbortSignal.timeout(TIMEOUT_MS));
              return context;
            },
            async post(context) {
              return context;
            },
          },
        ],
      }),
    );
  }

  /** Makes the object what this one says, whoever else has written there; what it does not say is others'. */
  async apply(
    object: KubernetesObject,
    options: { manager: string; signal?: AbortSignal },
  ): Promise<KubernetesObject> {
    return await this.call(
      `apply ${describe(object)}`,
      () =>
        this.objects.patch(
          object,
          undefined,
          undefined,
          options.manager,
          true,
          PatchStrategy.ServerSideApply,
        ),
      options.signal,
    );
  }

  /**
   * What hangs on it goes after it. Nothing where it is gone already.
   *
   * @param expected - which one it must still be
   * @returns whether it was
   */
  async delete(
    { kind, namespace, name }: ObjectKey,
    expected?: V1Preconditions,
  ): Promise<boolean> {
    const object = {
      apiVersion: KINDS[kind].apiVersion,
      kind,
      metadata: { namespace, name },
    };
    return await this.call(`delete ${describe(object)}`, async () => {
      const options: V1DeleteOptions = {
        propagationPolicy: 'Background',
        preconditions: expected,
      };
      try {
        await this.objects.delete(
          object,
          undefined,
          undefined,
          undefined,
          undefined,
          undefined,
          options,
        );
        return true;
      } catch (error) {
        const code = statusCodeOf(error);
        if (code === 409 && expected) return false;
        if (code !== 404) throw error;
        return true;
      }
    });
  }

  /** All in pages, as the server writes them; not tried again, for who watches does that. */
  async list(
    kind: Kind,
    labelSelector = '',
    namespace?: string,
  ): Promise<KubernetesListObject<KubernetesObject>> {
    const items: KubernetesObject[] = [];
    let next = '';
    for (;;) {
      const page: RawList<KubernetesObject> = await this.readJson(
        pathOf(kind, namespace),
        { labelSelector, limit: String(this.pageSize), continue: next },
      );
      items.push(...page.items);
      next = page.metadata.continue ?? '';
      if (!next) return { metadata: page.metadata, items };
    }
  }

  /** Whether the cluster knows this kind of objects. */
  async serves(kind: Kind): Promise<boolean> {
    const { apiVersion, plural } = KINDS[kind];
    const path = `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}`;
    return await this.call(`see whether it has ${plural}`, async () => {
      try {
        const { resources }: { resources: Array<{ name: string }> } =
          await this.readJson(path, {});
        return resources.some(({ name }) => name === plural);
      } catch (error) {
        if (statusCodeOf(error) === 404) return false;
        throw error;
      }
    });
  }

  /**
   * What the API server tells of itself, beside its objects; not tried again,
   * for somebody waits for it.
   *
   * @param what - as messages call it
   */
  async document<T>(path: string, what: string): Promise<T> {
    try {
      return await this.readJson<T>(path, {});
    } catch (error) {
      throw toClusterError(error, `read ${what}`);
    }
  }

  /** What the cluster warned of, about one pod; not tried again, for it is asked again anyway. */
  async warnings(namespace: string, podUid: string): Promise<CoreV1Event[]> {
    try {
      const { items }: RawList<CoreV1Event> = await this.readJson(
        `/api/v1/namespaces/${namespace}/events`,
        { fieldSelector: `involvedObject.uid=${podUid},type=Warning` },
      );
      return items;
    } catch (error) {
      throw toClusterError(error, `list events of the namespace ${namespace}`);
    }
  }

  /**
   * What a container has written; of one that was ended, what it wrote last.
   * Nothing where it has not started yet, or the cluster keeps no log of it.
   *
   * @throws NotFoundError where the pod is gone
   */
  async openLog(
    where: { namespace: string; pod: string; container: string },
    query: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Buffer>> {
    const { namespace, pod, container } = where;
    try {
      return await this.read(
        `/api/v1/namespaces/${namespace}/pods/${pod}/log`,
        { ...query, container },
        signal,
      );
    } catch (error) {
      signal?.throwIfAborted();
      if (isNoLogYet(error)) return Readable.from([]);
      if (statusCodeOf(error) === 404) {
        throw new NotFoundError(`The pod ${pod} is gone, and its log with it`);
      }
      throw toClusterError(error, `read the log of ${pod}`);
    }
  }

  private async readJson<T>(
    path: string,
    query: Record<string, string>,
  ): Promise<T> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const body = await this.read(path, query, signal);
    return (await body.json()) as T;
  }

  private async read(
    path: string,
    query: Record<string, string>,
    signal?: AbortSignal,
  ) {
    // It may have a path of its own, behind a proxy for many clusters.
    const url = new URL(
      `${this.config.getCurrentCluster()?.server.replace(/\/+$/, '')}${path}`,
    );
    for (const [name, value] of Object.entries(query)) {
      if (value) url.searchParams.set(name, value);
    }
    const context = new RequestContext(String(url), HttpMethod.GET);
    await this.config.applySecurityAuthentication(context);
    const { statusCode, body } = await request(url, {
      headers: context.getHeaders(),
      dispatcher: context.getDispatcher(),
      bodyTimeout: 0,
      signal,
    });
    if (statusCode !== 200) {
      throw new ApiException(statusCode, path, await body.text(), {});
    }
    return body;
  }

  private async call<T>(
    doing: string,
    work: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    try {
      return await withRetry(work, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw toClusterError(error, doing);
    }
  }
}

/** Without a node a pod has no log, which is 204; without a container it has none either. */
function isNoLogYet(error: unknown): boolean {
  const code = statusCodeOf(error);
  return (
    code === 204 ||
    (code === 400 &&
      /is waiting to start|is not available|previous terminated container .* not found/.test(
        statusOf(error).message ?? '',
      ))
  );
}

function describe({ kind, metadata }: KubernetesObject): string {
  const { namespace, name } = metadata ?? {};
  return `the ${kind} ${namespace ? `${namespace}/` : ''}${name}`;
}
