import { isDeepStrictEqual } from 'node:util';
import { ConflictError, InputError, NotAllowedError } from '@backstage/errors';
import {
  DeploymentTrigger,
  ResolvedVariant,
} from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../../canonicalJson';
import { aimOf } from '../canary/canaryOf';
import { Announce } from '../changes/Announce';
import { ChangedMeanwhileError } from '../store/ChangedMeanwhileError';
import { currentRevision } from '../revisions/currentRevision';
import { DeployableModels } from '../models/DeployableModels';
import { platformActor } from '../access/DeploymentActor';
import { DeploymentModels } from '../models/DeploymentModels';
import {
  DeploymentRecord,
  DeploymentStore,
  DesiredChange,
} from '../store/DeploymentStore';
import { NewRevision, RevisionRecord } from '../revisions/RevisionStore';
import { Environments } from '../environments/Environments';
import { isHeld, unlifted } from '../overrides/overrides';
import { allGates } from '../gates/allGates';
import { requestOf, standingOf } from '../gates/requestOf';
import { RequestRecord } from '../gates/RequestStore';
import { waitingRequest } from '../gates/waitingRequest';
import {
  Assessment,
  Candidate,
  RevisionAssessor,
} from '../checks/RevisionAssessor';
import { Resolution } from '../revisions/RevisionResolver';
import { sameContent } from '../revisions/sameContent';
import { trafficOf } from '../spec/trafficOf';
import { whatMoved } from './whatMoved';
import { onlyTaken } from './followed';
import { MetricTriggers } from './MetricTriggers';
import { nextRun } from './nextRun';
import { AliasMover, requestersOf } from './Requesters';
import { RolledBack, TriggerStates } from './TriggerStates';

export interface TriggersOptions {
  store: DeploymentStore;
  models: DeployableModels;
  deploymentModels: DeploymentModels;
  environments: Environments;
  assessor: RevisionAssessor;
  metrics: MetricTriggers;
  aliasMover: AliasMover;
  clock: () => Date;
  announce: Announce;
  /**
   * To the revision that served before, and with what triggers remember of it;
   * throws `ChangedMeanwhileError` where this record is not what there is.
   */
  rollback: (
    deployment: DeploymentRecord,
    reason: string,
    triggerStates: DesiredChange['triggerStates'],
  ) => Promise<DeploymentRecord>;
}

/** What times and figures say of a deployment. */
interface Signs {
  states: TriggerStates;
  /** Schedules that are due, in words. */
  due: string[];
  /** Why nothing new is to be made by itself. */
  held: string[];
  /** What is not to be made again by itself. */
  rolledBackFrom?: RolledBack;
}

/**
 * Makes revisions by itself: where a version was published or an alias moved,
 * a schedule came round, a figure is beyond its bound, or what somebody asked
 * for has its gates. Compares what is with what was seen last, which is kept,
 * so that no event need arrive and none is missed.
 */
export class Triggers {
  constructor(private readonly options: TriggersOptions) {}

  /** @param resolution - what the selectors of its spec mean now, without versions that no trigger takes */
  async follow(
    deployment: DeploymentRecord,
    resolution: Resolution,
  ): Promise<DeploymentRecord> {
    const { store, deploymentModels } = this.options;
    const signs = await this.signs(deployment, resolution);
    if ('changed' in signs) return signs.changed;
    // Where the name of a model means another one by now, nobody has decided on that.
    const isDecided =
      (await deploymentModels.added(deployment, resolution.models)).length ===
      0;
    let changed = deployment;
    if (resolution.problems.length === 0 && isDecided) {
      const before = { watched: onlyTaken(deployment.watched) };
      const wanted = onlyTaken(resolution.watched);
      const causes = [
        ...(isSame(wanted, before.watched) ? [] : [whatMoved(before, wanted)]),
        ...signs.due,
      ];
      if (causes.length > 0) {
        changed = await this.propose(
          deployment,
          resolution,
          causes.join('; '),
          signs,
        );
      } else if (!isSame(resolution.watched, deployment.watched)) {
        changed = await store.change(deployment, {
          set: { watched: resolution.watched },
          history: {
            actor: platformActor.name,
            action: 'passed-over',
            reason: `${whatMoved(
              deployment,
              resolution.watched,
            )}, which no trigger takes`,
          },
        });
      }
      if (signs.due.length > 0) await this.save(deployment, signs.states);
    }
    return changed === deployment && deployment.waitingRequest !== undefined
      ? await this.attend(deployment, resolution, signs.held)
      : changed;
  }

  /**
   * What a changed spec asks for lifts what persons put beside the spec, but not
   * before it is made.
   */
  async followHeld(
    deployment: DeploymentRecord,
    resolution: Resolution,
  ): Promise<DeploymentRecord> {
    const waiting = await this.waiting(deployment);
    return waiting?.lifts &&
      !isHeld(unlifted(deployment.overrides, waiting.lifts))
      ? await this.attend(deployment, resolution, [])
      : deployment;
  }

  /** What a trigger asks for: made at once where nothing is in its way. */
  private async propose(
    deployment: DeploymentRecord,
    resolution: Resolution,
    reason: string,
    { held, rolledBackFrom }: Signs,
  ): Promise<DeploymentRecord> {
    const { store, announce } = this.options;
    const current = await currentRevision(store, deployment);
    const { variants, watched } = resolution;
    const { resources, strategy } = deployment.spec;
    const actor = platformActor.name;
    const traffic = trafficOf(deployment.spec);
    const revision: NewRevision = {
      ...{ actor, reason, variants, resources, traffic, strategy },
    };
    const history = { actor, action: 'triggered', reason };
    if (current && sameContent(current, revision)) {
      if (isSame(watched, deployment.watched)) return deployment;
      return await this.announced(
        store.change(deployment, { set: { watched }, history }),
      );
    }
    if (rolledBackFrom && sameContent(rolledBackFrom, revision)) {
      return await store.change(deployment, {
        set: { watched },
        history: {
          actor,
          action: 'passed-over',
          reason: `${reason}, which means what revision ${rolledBackFrom.number} was, and that was rolled back`,
        },
      });
    }
    const waiting = await this.waiting(deployment);
    if (waiting && isSame(waiting.variants, variants)) {
      // It is asked for already.
      return isSame(watched, deployment.watched)
        ? deployment
        : await store.change(deployment, { set: { watched }, history });
    }
    const candidate: Candidate = {
      actor,
      requesters: await this.requesters(deployment, variants),
      variants,
      resources,
      gates: this.gates(deployment),
    };
    const assessment = await this.assess(deployment, candidate, held);
    if (assessment.holds) {
      return await this.announced(
        store.change(deployment, {
          set: { watched, gates: deployment.spec.gates ?? [] },
          revision: { ...revision, room: assessment.room },
          ends: { state: 'superseded', reason },
          history,
        }),
      );
    }
    const changed = await store.change(deployment, {
      set: { watched },
      request: requestOf(candidate, reason, assessment),
      history: { actor, action: 'requested', reason },
    });
    announce(changed, 'requested');
    return changed;
  }

  /** Looks whether what waits has its gates by now. */
  private async attend(
    deployment: DeploymentRecord,
    resolution: Resolution,
    held: string[],
  ): Promise<DeploymentRecord> {
    const { store, announce } = this.options;
    const waiting = await this.waiting(deployment);
    if (!waiting) return deployment;
    if (
      resolution.problems.length > 0 ||
      !isOfSameModels(waiting, resolution)
    ) {
      const problems = resolution.problems.map(
        ({ field, rule }) => `${field}: ${rule}`,
      );
      await this.keepStanding(waiting, {
        gates: waiting.standing.gates,
        problems:
          problems.length > 0
            ? problems
            : ['a name means another model by now; apply the deployment again'],
      });
      return deployment;
    }
    const { variants, watched } = resolution;
    const isByItself = waiting.actor === platformActor.name;
    const isMoved = !isSame(variants, waiting.variants);
    const candidate = {
      ...waiting,
      variants,
      requesters: isMoved
        ? await this.requesters(deployment, variants)
        : waiting.requesters,
      gates: allGates(waiting.gates, this.gates(deployment)),
      // What was said of other versions does not hold for these.
      decisions: isMoved ? [] : waiting.decisions,
    };
    const judge = (decisions: RequestRecord['decisions']) =>
      this.assess(
        deployment,
        { ...candidate, decisions },
        isByItself ? held : [],
        { isAgain: true },
      );
    let assessment = await judge(candidate.decisions);
    const isBrokenAnew = !isSame(assessment.breaks, waiting.breaks);
    if (isBrokenAnew && candidate.decisions.length > 0)
      assessment = await judge([]);
    if (assessment.holds) {
      return await this.announced(
        store.change(deployment, {
          set: {
            watched,
            gates: deployment.spec.gates ?? [],
            ...(waiting.lifts
              ? { overrides: unlifted(deployment.overrides, waiting.lifts) }
              : {}),
          },
          revision: {
            actor: waiting.actor,
            reason: waiting.reason,
            variants,
            resources: waiting.resources,
            traffic: trafficOf(deployment.spec),
            strategy: deployment.spec.strategy,
            room: assessment.room,
          },
          ends: { state: 'made' },
          history: {
            actor: platformActor.name,
            action: 'gates-passed',
            reason: waiting.reason,
            details: { request: waiting.number, lifted: waiting.lifts },
          },
        }),
      );
    }
    if (isMoved || isBrokenAnew) {
      const reason = `${
        isMoved
          ? 'Its selectors mean other versions'
          : 'It breaks the signature in another way'
      } than what request ${waiting.number} was for: ${waiting.reason}`;
      const changed = await store.change(deployment, {
        set: { watched },
        request: requestOf(candidate, waiting.reason, assessment),
        history: { actor: platformActor.name, action: 'requested', reason },
      });
      announce(changed, 'requested');
      return changed;
    }
    await this.keepStanding(waiting, standingOf(assessment));
    return deployment;
  }

  /** What schedules and figures say; what figures ask for is done at once. */
  private async signs(
    deployment: DeploymentRecord,
    { variants, problems }: Resolution,
  ): Promise<Signs | { changed: DeploymentRecord }> {
    const triggers = deployment.spec.triggers ?? [];
    if (!triggers.some(({ schedule, onMetric }) => schedule ?? onMetric)) {
      return { states: { metrics: {}, schedules: {} }, due: [], held: [] };
    }
    const { store, metrics, clock } = this.options;
    const before = await store.triggerStates.get(deployment.id);
    const aim = aimOf(deployment);
    const current =
      aim === undefined
        ? undefined
        : await store.revisions.get(deployment.id, aim);
    const verdict = await metrics.look(
      deployment,
      before,
      current?.firstServedAt ? new Date(current.firstServedAt) : undefined,
    );
    const { due, schedules } = lookAtSchedules(triggers, before, clock());
    const states: TriggerStates = {
      ...before,
      metrics: verdict.states,
      // A run is seen once what it asks for is kept.
      schedules: due.length > 0 ? before.schedules : schedules,
    };
    const rolledBack = before.rolledBackFrom;
    if (
      rolledBack &&
      problems.length === 0 &&
      !isSame(rolledBack.variants, variants)
    )
      delete states.rolledBackFrom;
    const reasons = verdict.acting.flatMap(({ trigger, reason }) =>
      trigger.action === 'rollback' ? [reason] : [],
    );
    const changed =
      current && reasons.length > 0
        ? await this.rollBack(deployment, reasons.join('; '), {
            states,
            current,
          })
        : undefined;
    for (const { trigger, reason } of verdict.acting) {
      if (trigger.action === 'rollback') continue;
      const action = trigger.action === 'hold' ? 'held' : 'notified';
      await this.tell(deployment, action, reason);
    }
    if (changed) return { changed };
    if (!isDeepStrictEqual(states, before)) await this.save(deployment, states);
    return {
      states: { ...states, schedules },
      due,
      held: verdict.held,
      rolledBackFrom: states.rolledBackFrom,
    };
  }

  /** Undefined where it cannot be done, which is told. Any other failure is thrown: the next look tries again. */
  private async rollBack(
    deployment: DeploymentRecord,
    reason: string,
    { states, current }: { states: TriggerStates; current: RevisionRecord },
  ): Promise<DeploymentRecord | undefined> {
    const { rolledBackTo } = states;
    if (rolledBackTo !== undefined && current.number === rolledBackTo) {
      await this.tell(
        deployment,
        'not-rolled-back',
        `${reason}; revision ${rolledBackTo} was rolled back to already, so going back is no cure`,
      );
      return undefined;
    }
    try {
      // In one transaction: who is killed in between would go back and forth.
      return await this.options.rollback(deployment, reason, made => ({
        ...states,
        rolledBackTo: made,
        rolledBackFrom: contentOf(current),
      }));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.tell(
        deployment,
        'not-rolled-back',
        `${reason}; ${error.message}`,
      );
      return undefined;
    }
  }

  private async tell(
    deployment: DeploymentRecord,
    action: 'held' | 'notified' | 'not-rolled-back',
    reason: string,
  ): Promise<void> {
    await this.options.store.addHistory(deployment, {
      actor: platformActor.name,
      action,
      reason,
    });
    this.options.announce(deployment, 'alerted');
  }

  private async assess(
    deployment: DeploymentRecord,
    candidate: Candidate,
    held: string[],
    options: { isAgain?: boolean } = {},
  ): Promise<Assessment> {
    const assessment = await this.options.assessor.assess(
      deployment.name,
      deployment.spec,
      deployment,
      candidate,
      options,
    );
    if (held.length === 0) return assessment;
    const problems = held.map(rule => ({
      field: 'spec.triggers',
      rule: `held while ${rule}`,
      source: 'platform',
    }));
    return {
      ...assessment,
      problems: [...assessment.problems, ...problems],
      holds: false,
    };
  }

  /** Persons behind it, with those behind what it takes the place of, or what was refused last: the spec is still theirs. */
  private async requesters(
    deployment: DeploymentRecord,
    variants: ResolvedVariant[],
  ): Promise<string[]> {
    const { store } = this.options;
    const current = await currentRevision(store, deployment);
    const [last] = await store.requests.list(deployment.id, { limit: 1 });
    const persons = await requestersOf(
      deployment,
      variants,
      current?.variants ?? [],
      this.options,
    );
    const before =
      last?.state === 'waiting' || last?.state === 'refused'
        ? last.requesters
        : [];
    return [...new Set([...before, ...persons])];
  }

  private gates({ environment, gates }: DeploymentRecord) {
    return allGates(this.options.environments.gates(environment), gates);
  }

  private async waiting(
    deployment: DeploymentRecord,
  ): Promise<RequestRecord | undefined> {
    return await waitingRequest(this.options.store, deployment);
  }

  private async keepStanding(
    request: RequestRecord,
    standing: RequestRecord['standing'],
  ): Promise<void> {
    if (!isSame(standing, request.standing))
      await this.options.store.requests.saveStanding(request, standing);
  }

  private async save(
    { id }: DeploymentRecord,
    states: TriggerStates,
  ): Promise<void> {
    await this.options.store.triggerStates.save(id, states);
  }

  private async announced(
    change: Promise<DeploymentRecord>,
  ): Promise<DeploymentRecord> {
    const changed = await change;
    this.options.announce(changed, 'applied');
    return changed;
  }
}

function contentOf({
  number,
  variants,
  resources,
  traffic,
}: RevisionRecord): RolledBack {
  return { number, variants, resources, traffic };
}

function lookAtSchedules(
  triggers: DeploymentTrigger[],
  before: TriggerStates,
  now: Date,
) {
  const due: string[] = [];
  const schedules: Record<string, string> = {};
  for (const { schedule } of triggers) {
    if (!schedule) continue;
    const key = canonicalJson(schedule);
    const seen = before.schedules[key];
    const next =
      seen === undefined ? undefined : nextRun(schedule, new Date(seen));
    const isDue = next !== undefined && next <= now;
    if (isDue)
      due.push(
        `Schedule ${schedule.cron} (${
          schedule.timezone ?? 'UTC'
        }) of ${next.toISOString()}`,
      );
    schedules[key] = isDue || seen === undefined ? now.toISOString() : seen;
  }
  return { due, schedules };
}

/** What another attempt would meet as well. */
function isRefusal(error: unknown): error is Error {
  return (
    error instanceof InputError ||
    error instanceof NotAllowedError ||
    (error instanceof ConflictError &&
      !(error instanceof ChangedMeanwhileError))
  );
}

function isOfSameModels(
  { variants }: RequestRecord,
  resolution: Resolution,
): boolean {
  const known = new Set(variants.map(({ modelId }) => modelId));
  return resolution.variants.every(({ modelId }) => known.has(modelId));
}

function isSame(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
