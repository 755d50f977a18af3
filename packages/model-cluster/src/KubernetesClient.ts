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
} from '@kubernetes/client-node';
import { InputError } from '@backstage/errors';
import { Dispatcher, request } from 'undici';
import { statusCodeOf, toClusterError } from './toClusterError';
import { Kind, KINDS } from './kinds';
import { withRetry } from './withRetry';

/** A server that takes a connection and does not answer is as good as none. */
const TIMEOUT_MS = 15_000;
const PAGE = 500;

export interface ObjectKey {
  kind: Kind;
  namespace?: string;
  name: string;
}

/** The API server, with what the driver asks of it. Passing failures are tried again. */
export class KubernetesClient {
  /** Where it is, and who asks, as `kubectl` finds it; else the service account of the pod that this runs in. */
  static fromKubeconfig(
    options: { kubeconfig?: string; context?: string } = {},
  ): KubernetesClient {
    const config = new KubeConfig();
    if (options.kubeconfig) config.loadFromFile(options.kubeconfig);
    else config.loadFromDefault();
    if (options.context) config.setCurrentContext(options.context);
    return new KubernetesClient(config);
  }

  private readonly objects: KubernetesObjectApi;

  constructor(readonly config: KubeConfig) {
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
    options: { manager: string; dryRun?: boolean; signal?: AbortSignal },
  ): Promise<KubernetesObject> {
    return await this.call(
      `apply ${describe(object)}`,
      () =>
        this.objects.patch(
          object,
          undefined,
          options.dryRun ? 'All' : undefined,
          options.manager,
          true,
          PatchStrategy.ServerSideApply,
        ),
      options.signal,
    );
  }

  /** What hangs on it goes after it. Nothing where it is gone already. */
  async delete({ kind, namespace, name }: ObjectKey): Promise<void> {
    const object = {
      apiVersion: KINDS[kind].apiVersion,
      kind,
      metadata: { namespace, name },
    };
    await this.call(`delete ${describe(object)}`, async () => {
      try {
        await this.objects.delete(
          object,
          undefined,
          undefined,
          undefined,
          undefined,
          'Background',
        );
      } catch (error) {
        if (statusCodeOf(error) !== 404) throw error;
      }
    });
  }

  /** All in pages; not tried again, for who watches does that. */
  async list(
    kind: Kind,
    labelSelector?: string,
    namespace?: string,
  ): Promise<KubernetesListObject<KubernetesObject>> {
    const items: KubernetesObject[] = [];
    let page: KubernetesListObject<KubernetesObject>;
    let next: string | undefined;
    do {
      page = await this.objects.list(
        KINDS[kind].apiVersion,
        kind,
        namespace,
        undefined,
        undefined,
        undefined,
        undefined,
        labelSelector,
        PAGE,
        next,
      );
      items.push(...page.items);
      next = page.metadata?._continue;
    } while (next);
    return { ...page, items };
  }

  /** What the cluster warned of, about one pod; not tried again, for it is asked again anyway. */
  async warnings(namespace: string, podUid: string): Promise<CoreV1Event[]> {
    try {
      const { items } = await this.objects.list<CoreV1Event>(
        'v1',
        'Event',
        namespace,
        undefined,
        undefined,
        undefined,
        `involvedObject.uid=${podUid},type=Warning`,
      );
      return items;
    } catch (error) {
      throw toClusterError(error, `list events of the namespace ${namespace}`);
    }
  }

  /** What a container has written; of one that was ended, what it wrote last. */
  async openLog(
    {
      namespace,
      pod,
      container,
    }: Record<'namespace' | 'pod' | 'container', string>,
    query: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Dispatcher.BodyMixin & AsyncIterable<Buffer>> {
    const url = new URL(
      `/api/v1/namespaces/${namespace}/pods/${pod}/log`,
      this.config.getCurrentCluster()?.server,
    );
    url.search = String(new URLSearchParams({ ...query, container }));
    const context = new RequestContext(String(url), HttpMethod.GET);
    await this.config.applySecurityAuthentication(context);
    const doing = `read the log of ${pod}`;
    const { statusCode, body } = await request(url, {
      headers: context.getHeaders(),
      dispatcher: context.getDispatcher(),
      bodyTimeout: 0,
      signal,
    }).catch(error => {
      signal?.throwIfAborted();
      throw toClusterError(error, doing);
    });
    if (statusCode !== 200) {
      const text = await body.text();
      throw toClusterError(
        new ApiException(statusCode, doing, text, {}),
        doing,
      );
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

function describe({ kind, metadata }: KubernetesObject): string {
  const { namespace, name } = metadata ?? {};
  return `the ${kind} ${namespace ? `${namespace}/` : ''}${name}`;
}
