import {
  AliasAt,
  Approval,
  Page,
  VersionApprovals,
  WaitingApproval,
} from '../types';
import { enc } from './enc';
import { PageQuery, RequestOptions } from './PlatformCalls';
import { VersionCalls } from './VersionCalls';

/** @public */
export interface AliasTarget {
  alias: string;
  version: number;
}

/** Aliases, and the approvals that their rules ask for. @public */
export class AliasCalls extends VersionCalls {
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
    body: { reason: string; decision?: Approval['decision'] },
    options?: RequestOptions,
  ): Promise<Approval> {
    return await this.json(
      `models/${enc(name)}/versions/${version}/approvals`,
      { ...options, method: 'POST', body },
    );
  }

  /** Newest versions that wait for the caller's word, the longest waiting first. */
  async listWaitingApprovals(
    page: PageQuery = {},
    options?: RequestOptions,
  ): Promise<Page<WaitingApproval>> {
    return await this.json('approvals', { ...options, query: { ...page } });
  }
}
