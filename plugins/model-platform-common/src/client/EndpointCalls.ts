import { CallRate, Endpoint, EndpointToken, Page } from '../types';
import { DeploymentCalls } from './DeploymentCalls';
import { enc } from './enc';
import { PageQuery, RequestOptions } from './PlatformCalls';

/** Endpoints and the tokens that call them. @public */
export class EndpointCalls extends DeploymentCalls {
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
    body: {
      consumer: string;
      expiresInSeconds?: number;
      rate?: CallRate;
      /** Takes the right to deploy. */
      mayChooseVariant?: boolean;
    },
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
}
