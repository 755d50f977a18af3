import { Grant, Page, PublisherIdentity, PublisherToken } from '../types';
import { enc } from './enc';
import { MonitoringCalls } from './MonitoringCalls';
import { PageQuery, RequestOptions } from './PlatformCalls';

/** Who publishes without being a person. @public */
export class AccessCalls extends MonitoringCalls {
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
}
