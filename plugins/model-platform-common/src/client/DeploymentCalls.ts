import {
  DeclaredDocument,
  Deployment,
  DeploymentDeclaration,
  DeploymentPlan,
  DeploymentOverride,
  DeploymentSpec,
  HistoryEntry,
  LogLine,
  ModelDeploymentManifest,
  Page,
  RequestDecision,
  Revision,
  RevisionRequest,
} from '../types';
import { enc } from './enc';
import { MetadataCalls } from './MetadataCalls';
import { PageQuery, RequestOptions } from './PlatformCalls';

/** Which log lines are wanted; all may be combined. @public */
export interface LogsQuery {
  /** How many of the last. */
  tail?: number;
  runner?: string;
  variant?: string;
  revision?: number;
  /** A duration back from now, such as `10m`, or a time. */
  since?: string;
  /** Text, or `/expression/` in RE2's syntax. */
  grep?: string;
}

/**
 * What must hold where a deployment is applied; it is refused with 409 where it
 * does not. @public
 */
export interface DeploymentPrecondition {
  /** `etag` of the one that was read. */
  ifMatch?: string;
  /** `*`: there is none of the name. */
  ifNoneMatch?: '*';
}

/** Deployments, their revisions and logs. @public */
export class DeploymentCalls extends MetadataCalls {
  async listDeployments(
    query: PageQuery & {
      model?: string;
      system?: string;
      environment?: string;
    } = {},
    options?: RequestOptions,
  ): Promise<Page<Deployment>> {
    return await this.json('deployments', { ...options, query: { ...query } });
  }

  async getDeployment(
    name: string,
    options?: RequestOptions,
  ): Promise<Deployment> {
    return await this.json(`deployments/${enc(name)}`, options);
  }

  async applyDeployment(
    name: string,
    desired:
      | ModelDeploymentManifest
      | { spec: DeploymentSpec; reason?: string },
    options?: RequestOptions & DeploymentPrecondition,
  ): Promise<Deployment> {
    return await this.json(`deployments/${enc(name)}`, {
      ...options,
      method: 'PUT',
      body: desired,
      headers: headersOf(options),
    });
  }

  /** What applying would do; refused as applying would be. */
  async planDeployment(
    name: string,
    desired:
      | ModelDeploymentManifest
      | { spec: DeploymentSpec; reason?: string },
    options?: RequestOptions & DeploymentPrecondition,
  ): Promise<DeploymentPlan> {
    return await this.json(`deployments/${enc(name)}`, {
      ...options,
      method: 'PUT',
      body: desired,
      query: { dryRun: true },
      headers: headersOf(options),
    });
  }

  /** Revisions that were asked for and wait, or waited, for gates; newest first. */
  async listRevisionRequests(
    name: string,
    page: PageQuery = {},
    options?: RequestOptions,
  ): Promise<Page<RevisionRequest>> {
    return await this.json(`deployments/${enc(name)}/requests`, {
      ...options,
      query: { ...page },
    });
  }

  /** Approves or refuses a revision that waits, or takes back the own approval. */
  async decideRevision(
    name: string,
    body: Pick<RequestDecision, 'reason'> & {
      decision?: RequestDecision['decision'] | 'withdrawn';
      /** Number of the request that was looked at. */
      request: number;
    },
    options?: RequestOptions,
  ): Promise<Deployment> {
    return await this.json(`deployments/${enc(name)}/decisions`, {
      ...options,
      method: 'POST',
      body,
    });
  }

  /** Declarations that were read from Git, also those that were refused. */
  async listDeploymentDeclarations(
    page: PageQuery = {},
    options?: RequestOptions,
  ): Promise<Page<DeploymentDeclaration>> {
    return await this.json('deployment-declarations', {
      ...options,
      query: { ...page },
    });
  }

  /** What declares a deployment, as it is in Git now; for those who may change it. */
  async getDeclaredDocument(
    name: string,
    options?: RequestOptions,
  ): Promise<DeclaredDocument> {
    return await this.json(`deployments/${enc(name)}/declaration`, options);
  }

  /** Its endpoint ends, and its tokens; the history is kept. */
  async deleteDeployment(
    name: string,
    options?: RequestOptions & {
      reason?: string;
      ifMatch?: DeploymentPrecondition['ifMatch'];
    },
  ): Promise<void> {
    await this.json(`deployments/${enc(name)}`, {
      ...options,
      method: 'DELETE',
      query: { reason: options?.reason },
      headers: headersOf({ ifMatch: options?.ifMatch }),
    });
  }

  async listRevisions(
    name: string,
    page: PageQuery = {},
    options?: RequestOptions,
  ): Promise<Page<Revision>> {
    return await this.json(`deployments/${enc(name)}/revisions`, {
      ...options,
      query: { ...page },
    });
  }

  /** `off: false` switches it on again. */
  async switchOff(
    name: string,
    body: { off?: boolean; reason?: string } = {},
    options?: RequestOptions,
  ): Promise<Deployment> {
    return await this.json(`deployments/${enc(name)}/off`, {
      ...options,
      method: 'POST',
      body,
    });
  }

  async rollback(
    name: string,
    body: {
      revision?: number;
      reason?: string;
      /** Also where it breaks the signature that the endpoint serves. */
      allowBreaking?: boolean;
      /** Also to one that never had all traffic, as where its canary was rolled back. */
      allowUnserved?: boolean;
    } = {},
    options?: RequestOptions,
  ): Promise<Deployment> {
    return await this.json(`deployments/${enc(name)}/rollback`, {
      ...options,
      method: 'POST',
      body,
    });
  }

  async promote(
    name: string,
    body: { variant?: string; reason?: string } = {},
    options?: RequestOptions,
  ): Promise<Deployment> {
    return await this.json(`deployments/${enc(name)}/promote`, {
      ...options,
      method: 'POST',
      body,
    });
  }

  /** Nothing of it moves by itself until it is resumed. */
  async pause(
    name: string,
    body: { reason?: string } = {},
    options?: RequestOptions,
  ): Promise<Deployment> {
    return await this.json(`deployments/${enc(name)}/pause`, {
      ...options,
      method: 'POST',
      body,
    });
  }

  /** Lifts a pause, or lets a canary's step go on that waits for a person. */
  async resume(
    name: string,
    body: { reason?: string } = {},
    options?: RequestOptions,
  ): Promise<Deployment> {
    return await this.json(`deployments/${enc(name)}/resume`, {
      ...options,
      method: 'POST',
      body,
    });
  }

  /** Ends a canary: all traffic stays with the stable revision. */
  async abort(
    name: string,
    body: { reason?: string } = {},
    options?: RequestOptions,
  ): Promise<Deployment> {
    return await this.json(`deployments/${enc(name)}/abort`, {
      ...options,
      method: 'POST',
      body,
    });
  }

  /** Lifts what persons put beside the spec: of one kind, else all of it. */
  async liftOverride(
    name: string,
    query: { kind?: DeploymentOverride['kind']; reason?: string } = {},
    options?: RequestOptions,
  ): Promise<Deployment> {
    return await this.json(`deployments/${enc(name)}/override`, {
      ...options,
      method: 'DELETE',
      query: { ...query },
    });
  }

  /** Who did what, when, why; newest first. */
  async listDeploymentHistory(
    name: string,
    page: PageQuery = {},
    options?: RequestOptions,
  ): Promise<Page<HistoryEntry>> {
    return await this.json(`deployments/${enc(name)}/history`, {
      ...options,
      query: { ...page },
    });
  }

  async getLogs(
    name: string,
    query: LogsQuery = {},
    options?: RequestOptions,
  ): Promise<{ items: LogLine[]; sources: string[] }> {
    return await this.json(`deployments/${enc(name)}/logs`, {
      ...options,
      query: { ...query },
    });
  }

  /** A response of type `text/event-stream`; each `data:` is a `LogLine`. */
  async followLogs(
    name: string,
    query: LogsQuery = {},
    options?: RequestOptions,
  ): Promise<Response> {
    return await this.send(
      `deployments/${enc(name)}/logs`,
      { ...options, query: { ...query, follow: true } },
      { headers: { accept: 'text/event-stream' } },
    );
  }
}

function headersOf(precondition: DeploymentPrecondition = {}) {
  return {
    'if-match': precondition.ifMatch,
    'if-none-match': precondition.ifNoneMatch,
  };
}
