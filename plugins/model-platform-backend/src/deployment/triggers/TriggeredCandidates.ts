import { ResolvedVariant } from '@model-platform/plugin-model-platform-common';
import {
  Assessment,
  Candidate,
  RevisionAssessor,
} from '../checks/RevisionAssessor';
import { Environments } from '../environments/Environments';
import { allGates } from '../gates/allGates';
import { DeployableModels } from '../models/DeployableModels';
import { currentRevision } from '../revisions/currentRevision';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { AliasMover, requestersOf } from './Requesters';

export interface TriggeredCandidatesOptions {
  store: DeploymentStore;
  models: DeployableModels;
  environments: Environments;
  assessor: RevisionAssessor;
  aliasMover: AliasMover;
}

/** What is to be said of revisions that the platform would make by itself. */
export class TriggeredCandidates {
  constructor(private readonly options: TriggeredCandidatesOptions) {}

  /** @param held - why nothing new is to be made by itself */
  async assess(
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
  async requesters(
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

  /** What the next revision waits for. */
  gates({ environment, gates }: DeploymentRecord) {
    return allGates(this.options.environments.gates(environment), gates);
  }
}
