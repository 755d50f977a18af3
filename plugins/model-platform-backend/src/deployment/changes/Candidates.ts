import { DeploymentSpec } from '@model-platform/plugin-model-platform-common';
import { DeploymentActor } from '../access/DeploymentActor';
import {
  Assessment,
  Candidate,
  gatesInForce,
  RevisionAssessor,
} from '../checks/RevisionAssessor';
import { Environments } from '../environments/Environments';
import { allGates } from '../gates/allGates';
import { NewRevision } from '../revisions/RevisionStore';
import { DeploymentProblemsError } from '../spec/DeploymentProblemsError';
import { DeploymentRecord } from '../store/DeploymentRecord';

/** Revisions that actors ask for, and what is to be said of them before they are made. */
export class Candidates {
  constructor(
    private readonly environments: Environments,
    private readonly assessor: RevisionAssessor,
  ) {}

  of(
    spec: DeploymentSpec,
    existing: DeploymentRecord | undefined,
    { variants, resources }: NewRevision,
    actor: DeploymentActor,
  ): Candidate {
    return {
      actor: actor.name,
      requesters: [actor.responsible ?? actor.name],
      variants,
      resources,
      gates: allGates(
        this.environments.gates(spec.environment),
        gatesInForce(existing, spec.gates),
      ),
    };
  }

  /** Throws `DeploymentProblemsError` where it cannot be made as it is, whatever its gates say. */
  async assess(
    name: string,
    spec: DeploymentSpec,
    existing: DeploymentRecord | undefined,
    candidate: Candidate,
  ): Promise<Assessment> {
    const assessment = await this.assessor.assess(
      name,
      spec,
      existing,
      candidate,
    );
    if (assessment.problems.length > 0) {
      throw new DeploymentProblemsError(name, assessment.problems);
    }
    return assessment;
  }
}
