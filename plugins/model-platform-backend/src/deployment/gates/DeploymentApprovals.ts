import {
  ConflictError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import { RequestDecision } from '@model-platform/plugin-model-platform-common';
import { Caller } from '../../access/Caller';
import { Claims } from '../../access/Claims';
import { Announce } from '../changes/Announce';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { DeploymentNotices } from '../DeploymentNotices';
import { approversOf } from './approversOf';
import { RequestRecord } from './RequestStore';

/** What a person says of a revision that waits. */
export interface Decision extends Pick<RequestDecision, 'reason'> {
  /** `withdrawn`: the own approval is none any more. */
  decision: RequestDecision['decision'] | 'withdrawn';
  /** Number of the request that the person has looked at. */
  request: number;
}

/** Four eyes: members of the groups that gates name say whether a revision may be made. */
export class DeploymentApprovals {
  constructor(
    private readonly options: {
      store: DeploymentStore;
      claims: Claims;
      notices?: Pick<DeploymentNotices, 'decided'>;
      announce: Announce;
    },
  ) {}

  /**
   * By a person who may read the deployment. Throws `NotAllowedError` for who
   * asked for it or is in none of the groups, `ConflictError` where nothing
   * waits for an approval.
   */
  async decide(
    caller: Caller,
    deployment: DeploymentRecord,
    { decision, reason, request: number }: Decision,
  ): Promise<DeploymentRecord> {
    const { store, announce } = this.options;
    const request = await this.waiting(deployment, number);
    const asked = approversOf(request);
    if (asked.length === 0) {
      throw new ConflictError(
        `Request ${request.number} of ${deployment.name} waits for nobody's approval`,
      );
    }
    if (caller.kind !== 'user') {
      throw new NotAllowedError(
        `Not allowed: revisions are approved by persons, members of ${asked.join(
          ', ',
        )}`,
      );
    }
    if (decision === 'withdrawn') {
      const withdrawn = await store.requests.withdrawApproval(
        deployment,
        request.number,
        { approver: caller.entityRef, reason },
      );
      announce(withdrawn, 'decided');
      return withdrawn;
    }
    const own = await this.options.claims.of(caller);
    const groups = asked.filter(group => own.includes(group));
    if (groups.length === 0) {
      throw new NotAllowedError(
        `Not allowed: this revision of ${
          deployment.name
        } is approved by a member of ${asked.join(', ')}`,
      );
    }
    if (request.requesters.includes(caller.entityRef)) {
      throw new NotAllowedError(
        `Not allowed: you asked for this revision of ${
          deployment.name
        }; another member of ${groups.join(', ')} decides on it`,
      );
    }
    const decided = await store.requests.decide(deployment, request.number, {
      decision,
      approver: caller.entityRef,
      groups,
      reason,
    });
    announce(decided, 'decided');
    void this.options.notices?.decided(decided, request, {
      decision,
      approver: caller.entityRef,
    });
    return decided;
  }

  /** Whether the caller could decide on a request. */
  async mayDecide(caller: Caller, request: RequestRecord): Promise<boolean> {
    if (caller.kind !== 'user' || request.state !== 'waiting') return false;
    const own = await this.options.claims.of(caller);
    return (
      approversOf(request).some(group => own.includes(group)) &&
      !request.requesters.includes(caller.entityRef) &&
      !request.decisions.some(({ approver }) => approver === caller.entityRef)
    );
  }

  private async waiting(
    { id, name }: DeploymentRecord,
    number: number,
  ): Promise<RequestRecord> {
    const request = await this.options.store.requests.get(id, number);
    if (!request) {
      throw new NotFoundError(`Deployment ${name} has no request ${number}`);
    }
    if (request.state !== 'waiting') {
      throw new ConflictError(
        `Request ${number} of ${name} does not wait any more: it is ${
          request.state
        }${request.closedReason ? ` (${request.closedReason})` : ''}`,
      );
    }
    return request;
  }
}
