import { EndpointToken } from '@model-platform/plugin-model-platform-common';
import { DesiredToken } from '@model-platform/plugin-model-platform-node';
import { DeploymentRecord, HistoryDraft } from '../store/DeploymentRecord';

export interface EndpointTokenRecord extends EndpointToken {
  deploymentId: string;
}

/** Keeps the tokens of endpoints, by their hashes. */
export interface TokenStore {
  /**
   * With its entry in the history, in one transaction. Answers false, and keeps
   * nothing, where `maxLive` tokens of the deployment live already. Throws
   * `ConflictError` where the deployment is gone.
   */
  add(
    deployment: DeploymentRecord,
    token: EndpointTokenRecord,
    options: { hash: string; maxLive: number; history: HistoryDraft },
  ): Promise<boolean>;
  /** Those that live now first, then the newest; at most so many. */
  list(
    deploymentId: string,
    now: Date,
    limit: number,
  ): Promise<EndpointTokenRecord[]>;
  /** What the gateway should let in now: neither revoked nor expired. */
  live(deploymentId: string, now: Date): Promise<DesiredToken[]>;
  /**
   * With an entry in the history where it was not revoked before. Answers
   * undefined where there is none.
   */
  revoke(
    deployment: DeploymentRecord,
    id: string,
    revocation: { at: string; actor: string },
  ): Promise<EndpointTokenRecord | undefined>;
  /** Removes what expired before this time. */
  dropExpired(before: Date): Promise<number>;
}
