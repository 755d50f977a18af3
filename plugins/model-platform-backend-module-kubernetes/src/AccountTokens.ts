import { LoggerService } from '@backstage/backend-plugin-api';
import { KubernetesClient } from '@model-platform/model-cluster';
import { WorkloadTokens } from '@model-platform/plugin-model-platform-node';
import { ClusterView } from './ClusterView';
import { KubernetesSettings } from './KubernetesSettings';
import { RememberedDocument } from './RememberedDocument';

/** The name of a service account, as its tokens have it: with the namespace first. */
const SUBJECT = /^system:serviceaccount:([^:]+):[^:]+$/;

/**
 * Tokens of the service accounts of the platform's own namespaces, each of
 * which is of one system. What they are verified with the API server tells, to
 * whoever the platform is there: nobody else need see it.
 */
export class AccountTokens implements WorkloadTokens {
  readonly audience: string;

  private readonly discovery: RememberedDocument<{ issuer: string }>;

  private readonly keySet: RememberedDocument<object>;

  constructor(
    private readonly settings: KubernetesSettings,
    private readonly view: ClusterView,
    options: { client: KubernetesClient; logger: LoggerService },
  ) {
    this.audience = settings.cluster.audience;
    this.discovery = new RememberedDocument({
      ...options,
      path: '/.well-known/openid-configuration',
      what: 'who issues tokens of its service accounts',
    });
    this.keySet = new RememberedDocument({
      ...options,
      path: '/openid/v1/jwks',
      what: 'the keys of tokens of its service accounts',
    });
  }

  isSubject(sub: string): boolean {
    return SUBJECT.test(sub);
  }

  async issuer(): Promise<string> {
    const { issuer } = await this.discovery.lately();
    return issuer;
  }

  async keys(): Promise<object> {
    return await this.keySet.now();
  }

  /** Of the namespace that the driver has made for a system, in an environment of its own. */
  async systemOf(sub: string): Promise<string | undefined> {
    const name = SUBJECT.exec(sub)?.[1] ?? '';
    // Nothing moves from one system to another while the API server is away.
    await this.view.known();
    const owner = this.view.ownerOf(name);
    return this.settings.find(owner?.environment) && owner?.system;
  }
}
