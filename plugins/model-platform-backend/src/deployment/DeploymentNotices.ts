import { LoggerService } from '@backstage/backend-plugin-api';
import { NotificationService } from '@backstage/plugin-notifications-node';
import {
  DeploymentEvent,
  RequestDecision,
} from '@model-platform/plugin-model-platform-common';
import { DeployableModels } from './models/DeployableModels';
import { DeploymentStore } from './store/DeploymentStore';
import { DeploymentRecord } from './store/DeploymentRecord';
import { approversOf } from './gates/approversOf';
import { waitingRequest } from './gates/waitingRequest';
import { RequestRecord } from './gates/RequestStore';

const TOPIC = 'model-platform.deployment';
/** Shows each reader what that one may see. */
const PAGE = '/model-platform/deployments';
/** Reasons of `Degraded` that no runner's next start can mend. */
const LASTING = ['RolledBack', 'NotReadyInTime', 'RuntimeUnavailable'];

type Payload = Parameters<NotificationService['send']>[0]['payload'];

/**
 * Tells persons what they wait for, or should look at. Only a convenience: what
 * waits is on the pages, so that a notification that could not be sent holds up
 * nothing and is not tried again.
 */
export class DeploymentNotices {
  constructor(
    private readonly options: {
      notifications: NotificationService;
      store: Pick<DeploymentStore, 'requests' | 'modelIds'>;
      models: Pick<DeployableModels, 'byId'>;
      logger: LoggerService;
    },
  ) {}

  /** After each change of a deployment; never rejects. */
  async changed(
    deployment: DeploymentRecord,
    action: DeploymentEvent['action'],
  ): Promise<void> {
    await this.quietly(deployment, async () => {
      if (action === 'degraded' || action === 'failed') {
        await this.tellOwner(deployment, action);
      } else if (action === 'requested') {
        await this.askApprovers(deployment);
      }
    });
  }

  /** To who asked: what became of it; never rejects. */
  async decided(
    deployment: DeploymentRecord,
    request: Pick<RequestRecord, 'number' | 'requesters' | 'variants'>,
    { decision, approver }: Pick<RequestDecision, 'decision' | 'approver'>,
  ): Promise<void> {
    const persons = request.requesters.filter(ref => ref.startsWith('user:'));
    if (persons.length === 0) return;
    await this.quietly(deployment, async () => {
      const done = decision === 'approved' ? 'Approved' : 'Refused';
      await this.send(persons, [approver], {
        ...((await this.isForAll(deployment, request))
          ? {
              title: `${done}: the next revision of ${deployment.name}`,
              link: linkTo(deployment),
            }
          : {
              title: `${done}: a revision that you have a part in`,
              link: PAGE,
            }),
        severity: decision === 'approved' ? 'normal' : 'high',
        topic: TOPIC,
        scope: `${deployment.id}/decision/${request.number}/${decision}`,
      });
    });
  }

  /** The platform itself went back to an earlier revision, since a figure was beyond its bound; never rejects. */
  async rolledBack(
    deployment: DeploymentRecord,
    reason: string,
  ): Promise<void> {
    await this.quietly(deployment, async () => {
      await this.send([deployment.owner], [], {
        title: `${deployment.name} was rolled back`,
        description: reason,
        link: linkTo(deployment),
        severity: 'high',
        topic: TOPIC,
        scope: `${deployment.id}/rolled-back`,
      });
    });
  }

  private async askApprovers(deployment: DeploymentRecord): Promise<void> {
    const request = await waitingRequest(this.options.store, deployment);
    if (!request) return;
    const groups = approversOf(request);
    if (groups.length === 0) return;
    await this.send(groups, request.requesters, {
      ...((await this.isForAll(deployment, request))
        ? {
            title: `Approval asked for: ${deployment.name}`,
            description: `${request.actor} asks for its next revision: ${request.reason}`,
            link: linkTo(deployment),
          }
        : { title: 'A revision waits for your approval', link: PAGE }),
      severity: 'normal',
      topic: TOPIC,
      scope: `${deployment.id}/request/${request.number}`,
    });
  }

  /**
   * Whether everybody may know of it. Who approves, or has a part in one of its
   * versions, need not be able to read the deployment, and what others may read
   * cannot be asked.
   */
  private async isForAll(
    deployment: DeploymentRecord,
    { variants }: Pick<RequestRecord, 'variants'>,
  ): Promise<boolean> {
    const { store, models } = this.options;
    const spokenOf = await store.modelIds([deployment]);
    const ids = new Set([
      deployment.modelId,
      ...(spokenOf.get(deployment.id) ?? []),
      ...variants.map(({ modelId }) => modelId),
    ]);
    const found = await Promise.all([...ids].map(id => models.byId(id)));
    return found.every(model => model?.visibility === 'everyone');
  }

  private async tellOwner(
    deployment: DeploymentRecord,
    action: 'degraded' | 'failed',
  ): Promise<void> {
    const degraded = deployment.conditions.find(
      ({ type, status }) => type === 'Degraded' && status === 'True',
    );
    const isLasting = degraded && LASTING.includes(degraded.reason);
    if (!isLasting && action !== 'failed') return;
    await this.send([deployment.owner], [], {
      title:
        degraded?.reason === 'RolledBack'
          ? `${deployment.name} was rolled back`
          : `${deployment.name} ${
              action === 'failed' ? 'does not serve' : 'is not as asked for'
            }`,
      description: degraded?.message,
      link: linkTo(deployment),
      severity: action === 'failed' ? 'critical' : 'high',
      topic: TOPIC,
      scope: `${deployment.id}/${degraded?.reason ?? action}/${
        deployment.revision
      }`,
    });
  }

  private async send(
    entityRef: string[],
    excludeEntityRef: string[],
    payload: Payload,
  ): Promise<void> {
    await this.options.notifications.send({
      recipients: { type: 'entity', entityRef, excludeEntityRef },
      payload,
    });
  }

  private async quietly(
    { name }: DeploymentRecord,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.options.logger.warn(
        `Nobody could be notified of the deployment ${name}: ${error}`,
      );
    }
  }
}

function linkTo({ modelSlug }: DeploymentRecord): string {
  return `/catalog/default/model/${modelSlug}/deployments`;
}
