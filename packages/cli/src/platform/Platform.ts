import {
  Deployment,
  DraftRequest,
  DraftResponse,
  Endpoint,
  EndpointToken,
  FacetValue,
  Model,
  ModelDeploymentManifest,
  ModelVersion,
  Page,
} from '@model-platform/plugin-model-platform-common';

/** The calls of the control plane that the commands make. */
export class Platform {
  private readonly baseUrl: string;
  private readonly fetch: typeof fetch;

  constructor(options: { portalUrl: string; fetch: typeof fetch }) {
    this.baseUrl = `${options.portalUrl}/api/model-platform/v1`;
    this.fetch = options.fetch;
  }

  /** Checks everything and stores nothing. */
  async checkDraft(
    request: DraftRequest,
  ): Promise<{ problems: NonNullable<DryRun['problems']> }> {
    const answer = await this.json<DryRun>(
      'POST',
      `models/${enc(request.model.name)}/versions?dryRun=true`,
      {
        body: request,
      },
    );
    return { problems: answer.problems ?? [] };
  }

  openDraft(
    request: DraftRequest,
    idempotencyKey: string,
  ): Promise<DraftResponse> {
    return this.json('POST', `models/${enc(request.model.name)}/versions`, {
      body: request,
      headers: { 'idempotency-key': idempotencyKey },
    });
  }

  async uploadBlob(
    version: { model: string; number: number },
    file: { digest: string; sizeBytes: number },
    body: ReadableStream<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    const init: RequestInit & { duplex: 'half' } = {
      method: 'PUT',
      body,
      duplex: 'half',
      signal,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(file.sizeBytes),
      },
    };
    const response = await this.fetch(
      `${this.baseUrl}/models/${enc(version.model)}/versions/${
        version.number
      }/blobs/${enc(file.digest)}`,
      init,
    );
    await response.body?.cancel();
  }

  completeVersion(version: {
    model: string;
    number: number;
  }): Promise<ModelVersion> {
    return this.json(
      'POST',
      `models/${enc(version.model)}/versions/${version.number}/complete`,
      {
        headers: { 'idempotency-key': `complete-${version.number}` },
      },
    );
  }

  getModel(name: string): Promise<Model> {
    return this.json('GET', `models/${enc(name)}`);
  }

  searchModels(
    query: URLSearchParams,
  ): Promise<Page<Model> & { facets?: Record<string, FacetValue[]> }> {
    return this.json('GET', `models?${query}`);
  }

  setAlias(
    model: string,
    alias: string,
    body: { version: number; reason?: string },
  ): Promise<unknown> {
    return this.json('PUT', `models/${enc(model)}/aliases/${enc(alias)}`, {
      body,
    });
  }

  listDeployments(query: URLSearchParams): Promise<Page<Deployment>> {
    return this.json('GET', `deployments?${query}`);
  }

  getDeployment(name: string): Promise<Deployment> {
    return this.json('GET', `deployments/${enc(name)}`);
  }

  putDeployment(
    name: string,
    manifest: ModelDeploymentManifest,
  ): Promise<Deployment> {
    return this.json('PUT', `deployments/${enc(name)}`, { body: manifest });
  }

  postDeployment(
    name: string,
    action: 'off' | 'rollback' | 'promote',
    body: object,
  ): Promise<Deployment> {
    return this.json('POST', `deployments/${enc(name)}/${action}`, { body });
  }

  getLogs(
    name: string,
    query: URLSearchParams,
    signal?: AbortSignal,
  ): Promise<Response> {
    return this.fetch(
      `${this.baseUrl}/deployments/${enc(name)}/logs?${query}`,
      {
        headers: {
          accept: query.has('follow')
            ? 'text/event-stream'
            : 'application/json',
        },
        signal,
      },
    );
  }

  getEndpoint(name: string): Promise<Endpoint> {
    return this.json('GET', `endpoints/${enc(name)}`);
  }

  createEndpointToken(
    endpoint: string,
    body: { consumer: string; expiresInSeconds: number },
  ): Promise<EndpointToken & { token: string }> {
    return this.json('POST', `endpoints/${enc(endpoint)}/tokens`, { body });
  }

  private async json<T>(
    method: string,
    path: string,
    options: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<T> {
    const response = await this.fetch(`${this.baseUrl}/${path}`, {
      method,
      body:
        options.body === undefined ? undefined : JSON.stringify(options.body),
      headers: {
        accept: 'application/json',
        ...(options.body === undefined
          ? {}
          : { 'content-type': 'application/json' }),
        ...options.headers,
      },
    });
    const text = await response.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }
}

interface DryRun {
  problems?: import('@model-platform/plugin-model-platform-common').FieldProblem[];
}

function enc(segment: string): string {
  return encodeURIComponent(segment);
}
