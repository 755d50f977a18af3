import { ResponseError } from '@backstage/errors';
import {
  AliasAt,
  Approval,
  CatalogueMetric,
  Deployment,
  DeploymentSpec,
  DirectRequest,
  DraftRequest,
  DraftResponse,
  Endpoint,
  EndpointToken,
  FacetValue,
  FieldProblem,
  Grant,
  HistoryEntry,
  KpiOverview,
  LogLine,
  MetadataCompliance,
  MetadataSchemaRef,
  Model,
  ModelDeploymentManifest,
  ModelMetrics,
  ModelVersion,
  Page,
  PartsStatus,
  PublisherIdentity,
  PublisherToken,
  Revision,
  VersionApprovals,
  VersionComparison,
  Webhook,
  WebhookDelivery,
  WebhookSpec,
  WebhookTestResult,
} from '../types';
import { toProblems } from './toProblems';

/** @public */
export interface ModelPlatformClientOptions {
  /** Of the plugin, without `/v1`: `https://portal.example.org/api/model-platform`. */
  baseUrl: string | (() => Promise<string>);
  fetch?: typeof fetch;
  headers?: Record<string, string>;
  /** Asked before each call; without one, `fetch` is expected to authenticate. */
  getToken?: () => Promise<string | undefined>;
}

/** @public */
export interface RequestOptions {
  signal?: AbortSignal;
  /** Instead of the client's own. */
  token?: string;
}

/** @public */
export interface PageQuery {
  limit?: number;
  cursor?: string;
}

/** @public */
export interface HistoryQuery extends PageQuery {
  /** Entity ref of a user, or `token:<name>`. */
  actor?: string;
  /** One of them, e.g. `published`, `alias-moved`. */
  actions?: string[];
  /** ISO 8601; from included, to excluded. */
  from?: string;
  to?: string;
}

/** @public */
export interface ListModelsQuery extends PageQuery {
  /** Words in name, description, tags and metadata. */
  q?: string;
  /** AND between keys, OR within one. Keys: type, theme, owner, system, lifecycle, risk, tag, archived, complete, `metadata.<path>`. Or expressions, all of which must hold. */
  filter?: Record<string, string | string[]> | string[];
  facets?: string[];
  /** `name`, `updatedAt`, `createdAt`; with `-` in front descending. */
  sort?: string;
}

/** @public */
export interface ModelsPage extends Page<Model> {
  facets?: Record<string, FacetValue[]>;
}

/** @public */
export type ModelUpdate = Partial<
  Pick<
    Model,
    'description' | 'lifecycle' | 'visibility' | 'sharedWith' | 'tags' | 'owner'
  >
> & {
  /** `false` restores an archived model. */
  archived?: false;
  reason?: string;
};

/** @public */
export interface AliasTarget {
  alias: string;
  version: number;
}

type Query = Record<
  string,
  string | number | boolean | undefined | Array<string>
>;

interface Call extends RequestOptions {
  method?: string;
  query?: Query;
  body?: unknown;
  headers?: Record<string, string | undefined>;
}

const enc = encodeURIComponent;

function blobRoute(
  version: { model: string; number: number },
  digest: string,
): string {
  return `models/${enc(version.model)}/versions/${version.number}/blobs/${enc(
    digest,
  )}`;
}

/**
 * All calls of the control plane, typed. What is refused throws
 * `ResponseError` of `@backstage/errors`; `problemsOf` gives its fields. @public
 */
export class ModelPlatformClient {
  constructor(private readonly options: ModelPlatformClientOptions) {}

  /** The field problems that a failed call named. */
  static problemsOf(error: unknown): FieldProblem[] {
    return toProblems(error);
  }

  async listModels(
    query: ListModelsQuery = {},
    options?: RequestOptions,
  ): Promise<ModelsPage> {
    const { filter = {}, facets, ...rest } = query;
    return await this.json('models', {
      ...options,
      query: {
        ...rest,
        facets: facets?.join(','),
        filter: toFilter(filter),
      },
    });
  }

  async getModel(name: string, options?: RequestOptions): Promise<Model> {
    return await this.json(`models/${enc(name)}`, options);
  }

  async updateModel(
    name: string,
    update: ModelUpdate,
    options?: RequestOptions & { ifMatch?: string },
  ): Promise<Model> {
    return await this.json(`models/${enc(name)}`, {
      ...options,
      method: 'PATCH',
      body: update,
      headers: { 'if-match': options?.ifMatch },
    });
  }

  async archiveModel(
    name: string,
    options?: RequestOptions & { ifMatch?: string; reason?: string },
  ): Promise<Model> {
    return await this.json(`models/${enc(name)}`, {
      ...options,
      method: 'DELETE',
      query: { reason: options?.reason },
      headers: { 'if-match': options?.ifMatch },
    });
  }

  /** For good, with all versions; only what is archived and not in use. */
  async deleteModel(
    name: string,
    options?: RequestOptions & { ifMatch?: string; reason?: string },
  ): Promise<void> {
    await this.json(`models/${enc(name)}`, {
      ...options,
      method: 'DELETE',
      query: { permanently: true, reason: options?.reason },
      headers: { 'if-match': options?.ifMatch },
    });
  }

  async restoreModel(name: string, options?: RequestOptions): Promise<Model> {
    return await this.updateModel(name, { archived: false }, options);
  }

  /** What a draft would be refused for; nothing is stored. */
  async checkDraft(
    request: DraftRequest,
    options?: RequestOptions,
  ): Promise<{ problems: FieldProblem[] }> {
    return await this.json(`models/${enc(request.model.name)}/versions`, {
      ...options,
      method: 'POST',
      query: { dryRun: true },
      body: request,
    });
  }

  async openDraft(
    request: DraftRequest,
    options?: RequestOptions & { idempotencyKey?: string },
  ): Promise<DraftResponse> {
    return await this.json(`models/${enc(request.model.name)}/versions`, {
      ...options,
      method: 'POST',
      body: request,
      headers: { 'idempotency-key': options?.idempotencyKey },
    });
  }

  async uploadBlob(
    version: { model: string; number: number },
    blob: {
      digest: string;
      sizeBytes: number;
      body: NonNullable<RequestInit['body']>;
    },
    options?: RequestOptions,
  ): Promise<void> {
    const response = await this.send(
      blobRoute(version, blob.digest),
      options ?? {},
      {
        method: 'PUT',
        body: blob.body,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(blob.sizeBytes),
        },
        duplex: 'half',
      },
    );
    await response.body?.cancel();
  }

  /** Which parts of a large file the platform still lacks. */
  async getBlobParts(
    version: { model: string; number: number },
    digest: string,
    options?: RequestOptions,
  ): Promise<PartsStatus> {
    return await this.json(`${blobRoute(version, digest)}/parts`, options);
  }

  /** Sends one part of a large file. `sha256`: of the part, in Base64. */
  async uploadBlobPart(
    version: { model: string; number: number },
    digest: string,
    part: {
      number: number;
      sha256: string;
      sizeBytes: number;
      body: NonNullable<RequestInit['body']>;
    },
    options?: RequestOptions,
  ): Promise<void> {
    const response = await this.send(
      `${blobRoute(version, digest)}/parts/${part.number}`,
      options ?? {},
      {
        method: 'PUT',
        body: part.body,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(part.sizeBytes),
          'content-digest': `sha-256=:${part.sha256}:`,
        },
        duplex: 'half',
      },
    );
    await response.body?.cancel();
  }

  /** The request that sends one part to the store itself, where `getBlobParts` says that it may. */
  async getDirectPart(
    version: { model: string; number: number },
    digest: string,
    part: { number: number; sha256: string },
    options?: RequestOptions,
  ): Promise<DirectRequest> {
    return await this.json(
      `${blobRoute(version, digest)}/parts/${part.number}/direct`,
      {
        ...options,
        method: 'POST',
        headers: { 'content-digest': `sha-256=:${part.sha256}:` },
      },
    );
  }

  /** Has the parts of a large file put together and verified as a whole; may be repeated. */
  async assembleBlob(
    version: { model: string; number: number },
    digest: string,
    options?: RequestOptions,
  ): Promise<void> {
    await this.json(`${blobRoute(version, digest)}/assemble`, {
      ...options,
      method: 'POST',
    });
  }

  async completeVersion(
    version: { model: string; number: number },
    options?: RequestOptions,
  ): Promise<ModelVersion> {
    return await this.json(
      `models/${enc(version.model)}/versions/${version.number}/complete`,
      {
        ...options,
        method: 'POST',
      },
    );
  }

  async listVersions(
    name: string,
    page: PageQuery = {},
    options?: RequestOptions,
  ): Promise<Page<ModelVersion>> {
    return await this.json(`models/${enc(name)}/versions`, {
      ...options,
      query: { ...page },
    });
  }

  /** By number or alias. */
  async getVersion(
    name: string,
    version: number | string,
    options?: RequestOptions,
  ): Promise<ModelVersion> {
    return await this.json(
      `models/${enc(name)}/versions/${enc(String(version))}`,
      options,
    );
  }

  async archiveVersion(
    name: string,
    version: number,
    options?: RequestOptions & { reason?: string },
  ): Promise<ModelVersion> {
    return await this.json(`models/${enc(name)}/versions/${version}`, {
      ...options,
      method: 'DELETE',
      query: { reason: options?.reason },
    });
  }

  async restoreVersion(
    name: string,
    version: number,
    options?: RequestOptions & { reason?: string },
  ): Promise<ModelVersion> {
    return await this.json(`models/${enc(name)}/versions/${version}`, {
      ...options,
      method: 'PATCH',
      body: { archived: false, reason: options?.reason },
    });
  }

  /** For good; only what is archived and not in use. */
  async deleteVersion(
    name: string,
    version: number,
    options?: RequestOptions & { reason?: string },
  ): Promise<void> {
    await this.json(`models/${enc(name)}/versions/${version}`, {
      ...options,
      method: 'DELETE',
      query: { permanently: true, reason: options?.reason },
    });
  }

  /** Only what differs; by number or alias. */
  async compareVersions(
    name: string,
    before: number | string,
    after: number | string,
    options?: RequestOptions,
  ): Promise<VersionComparison> {
    return await this.json(
      `models/${enc(name)}/versions/${enc(String(before))}/compare/${enc(
        String(after),
      )}`,
      options,
    );
  }

  async listApprovals(
    name: string,
    version: number | string,
    options?: RequestOptions,
  ): Promise<VersionApprovals> {
    return await this.json(
      `models/${enc(name)}/versions/${enc(String(version))}/approvals`,
      options,
    );
  }

  async approveVersion(
    name: string,
    version: number,
    body: { reason: string },
    options?: RequestOptions,
  ): Promise<Approval> {
    return await this.json(
      `models/${enc(name)}/versions/${version}/approvals`,
      { ...options, method: 'POST', body },
    );
  }

  /** The file's bytes, as a response that streams. */
  async openFile(
    name: string,
    version: number | string,
    path: string,
    options?: RequestOptions & { range?: { start: number; end?: number } },
  ): Promise<Response> {
    const range = options?.range;
    return await this.send(
      `models/${enc(name)}/versions/${enc(String(version))}/files/${path
        .split('/')
        .map(enc)
        .join('/')}`,
      options ?? {},
      {
        headers: range
          ? { range: `bytes=${range.start}-${range.end ?? ''}` }
          : {},
      },
    );
  }

  /** All files of a version as one tar, as a response that streams. */
  async openArchive(
    name: string,
    version: number | string,
    options?: RequestOptions,
  ): Promise<Response> {
    return await this.send(
      `models/${enc(name)}/versions/${enc(String(version))}/archive`,
      options ?? {},
      { headers: {} },
    );
  }

  async listAliases(
    name: string,
    options?: RequestOptions,
  ): Promise<{ items: AliasTarget[] }> {
    return await this.json(`models/${enc(name)}/aliases`, options);
  }

  async getAlias(
    name: string,
    alias: string,
    options?: RequestOptions,
  ): Promise<AliasTarget> {
    return await this.json(
      `models/${enc(name)}/aliases/${enc(alias)}`,
      options,
    );
  }

  /** Which version it named at a time, ISO 8601; refused with 404 where none. */
  async getAliasAt(
    name: string,
    alias: string,
    at: string,
    options?: RequestOptions,
  ): Promise<AliasAt> {
    return await this.json(`models/${enc(name)}/aliases/${enc(alias)}`, {
      ...options,
      query: { at },
    });
  }

  /** Which versions the aliases named at a time, ISO 8601. */
  async listAliasesAt(
    name: string,
    at: string,
    options?: RequestOptions,
  ): Promise<{ items: AliasAt[] }> {
    return await this.json(`models/${enc(name)}/aliases`, {
      ...options,
      query: { at },
    });
  }

  /** `expected`: the version it must point to now, `null` for none; else it is refused with 409. */
  async setAlias(
    name: string,
    alias: string,
    target: { version: number; reason?: string; expected?: number | null },
    options?: RequestOptions,
  ): Promise<AliasTarget> {
    return await this.json(`models/${enc(name)}/aliases/${enc(alias)}`, {
      ...options,
      method: 'PUT',
      body: target,
    });
  }

  async deleteAlias(
    name: string,
    alias: string,
    options?: RequestOptions & { reason?: string },
  ): Promise<void> {
    await this.json(`models/${enc(name)}/aliases/${enc(alias)}`, {
      ...options,
      method: 'DELETE',
      query: { reason: options?.reason },
    });
  }

  /** Newest first; by its id also of a model that was deleted. */
  async getHistory(
    name: string,
    query: HistoryQuery = {},
    options?: RequestOptions,
  ): Promise<Page<HistoryEntry>> {
    const { actions, ...rest } = query;
    return await this.json(`models/${enc(name)}/history`, {
      ...options,
      query: { ...rest, action: actions?.join(',') },
    });
  }

  async getModelMetrics(
    name: string,
    query: { range?: '1h' | '24h' | '7d' | '30d' | '90d' } = {},
    options?: RequestOptions,
  ): Promise<ModelMetrics> {
    return await this.json(`models/${enc(name)}/metrics`, {
      ...options,
      query,
    });
  }

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
    options?: RequestOptions & { ifMatch?: string },
  ): Promise<Deployment> {
    return await this.json(`deployments/${enc(name)}`, {
      ...options,
      method: 'PUT',
      body: desired,
      headers: { 'if-match': options?.ifMatch },
    });
  }

  async deleteDeployment(
    name: string,
    options?: RequestOptions & { reason?: string },
  ): Promise<void> {
    await this.json(`deployments/${enc(name)}`, {
      ...options,
      method: 'DELETE',
      query: { reason: options?.reason },
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
    body: { revision?: number; reason?: string } = {},
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
    body: { variant: string; reason?: string },
    options?: RequestOptions,
  ): Promise<Deployment> {
    return await this.json(`deployments/${enc(name)}/promote`, {
      ...options,
      method: 'POST',
      body,
    });
  }

  async getLogs(
    name: string,
    query: { tail?: number; runner?: string } = {},
    options?: RequestOptions,
  ): Promise<{ items: LogLine[]; sources: string[] }> {
    return await this.json(`deployments/${enc(name)}/logs`, {
      ...options,
      query,
    });
  }

  /** A response of type `text/event-stream`; each `data:` is a `LogLine`. */
  async followLogs(
    name: string,
    query: { tail?: number; runner?: string } = {},
    options?: RequestOptions,
  ): Promise<Response> {
    return await this.send(
      `deployments/${enc(name)}/logs`,
      { ...options, query: { ...query, follow: true } },
      { headers: { accept: 'text/event-stream' } },
    );
  }

  async listEndpoints(
    page: PageQuery = {},
    options?: RequestOptions,
  ): Promise<Page<Endpoint>> {
    return await this.json('endpoints', { ...options, query: { ...page } });
  }

  async getEndpoint(name: string, options?: RequestOptions): Promise<Endpoint> {
    return await this.json(`endpoints/${enc(name)}`, options);
  }

  async getEndpointOpenApi(
    name: string,
    options?: RequestOptions,
  ): Promise<Record<string, unknown>> {
    return await this.json(`endpoints/${enc(name)}/openapi.json`, options);
  }

  async listEndpointTokens(
    name: string,
    page: PageQuery = {},
    options?: RequestOptions,
  ): Promise<Page<EndpointToken>> {
    return await this.json(`endpoints/${enc(name)}/tokens`, {
      ...options,
      query: { ...page },
    });
  }

  /** The token is shown this once. */
  async createEndpointToken(
    name: string,
    body: { consumer: string; expiresInSeconds?: number },
    options?: RequestOptions,
  ): Promise<EndpointToken & { token: string }> {
    return await this.json(`endpoints/${enc(name)}/tokens`, {
      ...options,
      method: 'POST',
      body,
    });
  }

  async revokeEndpointToken(
    name: string,
    id: string,
    options?: RequestOptions,
  ): Promise<void> {
    await this.json(`endpoints/${enc(name)}/tokens/${enc(id)}`, {
      ...options,
      method: 'DELETE',
    });
  }

  async getMetadataSchema(
    type: string,
    query: { system?: string } = {},
    options?: RequestOptions,
  ): Promise<{
    type: string;
    version: string;
    digest: string;
    schemas: MetadataSchemaRef[];
    schema: Record<string, unknown>;
  }> {
    return await this.json(`metadata-schemas/${enc(type)}`, {
      ...options,
      query,
    });
  }

  /** Models that fall short of the schemas in force; `filter: { complete: 'true' }` gives the others. */
  async listMetadataCompliance(
    query: Omit<ListModelsQuery, 'facets'> = {},
    options?: RequestOptions,
  ): Promise<
    Page<MetadataCompliance> & {
      totals: { complete: number; incomplete: number };
    }
  > {
    const { filter = {}, ...rest } = query;
    return await this.json('metadata-compliance', {
      ...options,
      query: { ...rest, filter: toFilter(filter) },
    });
  }

  async getMetadataCompliance(
    model: string,
    options?: RequestOptions,
  ): Promise<MetadataCompliance> {
    return await this.json(`models/${enc(model)}/metadata-compliance`, options);
  }

  async getMetricCatalogue(
    options?: RequestOptions,
  ): Promise<{ items: CatalogueMetric[] }> {
    return await this.json('metric-catalogue', options);
  }

  async getKpiOverview(
    query: {
      range?: '7d' | '30d' | '90d';
      system?: string;
      theme?: string;
      owner?: string;
    } = {},
    options?: RequestOptions,
  ): Promise<KpiOverview> {
    return await this.json('kpis/overview', { ...options, query });
  }

  async listPublishers(
    page: PageQuery = {},
    options?: RequestOptions,
  ): Promise<Page<PublisherToken> & { identities?: PublisherIdentity[] }> {
    return await this.json('publishers', { ...options, query: { ...page } });
  }

  /** The token is shown this once. */
  async createPublisher(
    body: { name: string; grants: Grant[]; expiresInSeconds?: number },
    options?: RequestOptions,
  ): Promise<PublisherToken & { token: string }> {
    return await this.json('publishers', { ...options, method: 'POST', body });
  }

  async revokePublisher(id: string, options?: RequestOptions): Promise<void> {
    await this.json(`publishers/${enc(id)}`, { ...options, method: 'DELETE' });
  }

  async listWebhooks(
    query: PageQuery & { system?: string } = {},
    options?: RequestOptions,
  ): Promise<Page<Webhook>> {
    return await this.json('webhooks', { ...options, query: { ...query } });
  }

  async getWebhook(id: string, options?: RequestOptions): Promise<Webhook> {
    return await this.json(`webhooks/${enc(id)}`, options);
  }

  async createWebhook(
    spec: WebhookSpec,
    options?: RequestOptions,
  ): Promise<Webhook> {
    return await this.json('webhooks', {
      ...options,
      method: 'POST',
      body: spec,
    });
  }

  /** What is absent stays; an empty secret ends the signing. */
  async updateWebhook(
    id: string,
    change: Partial<Omit<WebhookSpec, 'system'>>,
    options?: RequestOptions,
  ): Promise<Webhook> {
    return await this.json(`webhooks/${enc(id)}`, {
      ...options,
      method: 'PATCH',
      body: change,
    });
  }

  async deleteWebhook(id: string, options?: RequestOptions): Promise<void> {
    await this.json(`webhooks/${enc(id)}`, { ...options, method: 'DELETE' });
  }

  /** Sends an example once, now. */
  async testWebhook(
    id: string,
    body: { event?: string } = {},
    options?: RequestOptions,
  ): Promise<WebhookTestResult> {
    return await this.json(`webhooks/${enc(id)}/test`, {
      ...options,
      method: 'POST',
      body,
    });
  }

  async listWebhookDeliveries(
    id: string,
    page: PageQuery = {},
    options?: RequestOptions,
  ): Promise<Page<WebhookDelivery>> {
    return await this.json(`webhooks/${enc(id)}/deliveries`, {
      ...options,
      query: { ...page },
    });
  }

  async redeliver(
    webhook: string,
    delivery: string,
    options?: RequestOptions,
  ): Promise<WebhookDelivery> {
    return await this.json(
      `webhooks/${enc(webhook)}/deliveries/${enc(delivery)}/redeliver`,
      { ...options, method: 'POST' },
    );
  }

  private async json<T>(path: string, call: Call = {}): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json' };
    for (const [name, value] of Object.entries(call.headers ?? {})) {
      if (value !== undefined) headers[name] = value;
    }
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    const response = await this.send(path, call, {
      method: call.method,
      headers,
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
    });
    const text = await response.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }

  private async send(
    path: string,
    call: Call,
    init: RequestInit & { headers: Record<string, string>; duplex?: 'half' },
  ): Promise<Response> {
    const { baseUrl, fetch: ownFetch, getToken } = this.options;
    const base = (
      typeof baseUrl === 'string' ? baseUrl : await baseUrl()
    ).replace(/\/+$/, '');
    const token = call.token ?? (await getToken?.());
    const url = `${base}/v1/${path}${toQueryString(call.query ?? {})}`;
    const response = await (ownFetch ?? fetch)(url, {
      ...init,
      headers: {
        ...this.options.headers,
        ...init.headers,
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      signal: call.signal,
    });
    if (!response.ok) {
      throw await ResponseError.fromResponse(response);
    }
    return response;
  }
}

function toQueryString(query: Query): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of [value].flat()) search.append(key, String(one));
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}

/** Filters as the address has them: `key=value`, one for each value. */
function toFilter(
  filter: Record<string, string | string[]> | string[],
): string[] {
  if (Array.isArray(filter)) return filter;
  return Object.entries(filter).flatMap(([key, values]) =>
    [values].flat().map(value => `${key}=${value}`),
  );
}
