import { MlflowCall } from '../MlflowCall';
import { Tag } from '../http/readParameters';
import { Candidate, Completion, isConflict } from '../completion/Completion';
import { describeMissing } from './describeMissing';
import { MlflowModel, MlflowVersion } from './MlflowModel';
import { MlflowModelAccess } from './MlflowModelAccess';
import { ModelVersionStore } from './MlflowModelStore';

/** Makes versions that lack nothing any more versions of the registry. */
export class VersionRegistration {
  constructor(
    private readonly options: {
      versionStore: ModelVersionStore;
      completion: Completion;
      access: MlflowModelAccess;
    },
  ) {}

  /** Tags of the model are defaults of its versions: some that wait may be complete now. */
  async completePending(call: MlflowCall, name: string): Promise<void> {
    const model = await this.options.access.readable(call, name);
    for (const version of await this.options.versionStore.pendingVersions(
      model.id,
    )) {
      await this.complete(call, model, version.number);
    }
  }

  async complete(
    call: MlflowCall,
    model: MlflowModel,
    number: number,
  ): Promise<void> {
    const { version } = await this.options.access.versionOf(
      call,
      model,
      number,
    );
    const tags = await this.options.access.tagsOf(model);
    const problems = await this.options.completion.problems(
      call,
      model,
      tags,
      version,
    );
    if (problems.length === 0) {
      await this.publish(call, model, tags, version);
    } else {
      await this.noteProblems(version, describeMissing(problems));
    }
  }

  async publish(
    call: MlflowCall,
    model: MlflowModel,
    tags: Tag[],
    candidate: Candidate,
  ): Promise<void> {
    const { completion, versionStore } = this.options;
    try {
      await completion.publish(call, model, tags, candidate);
    } catch (error) {
      // It waits, and says why; the next change of it tries again.
      if (!isConflict(error)) throw error;
      const { version } = await this.options.access.versionOf(
        call,
        model,
        candidate.number,
      );
      await this.noteProblems(version, error.message);
      return;
    }
    const { version } = await this.options.access.versionOf(
      call,
      model,
      candidate.number,
    );
    await versionStore.noteState(version, 'registered', undefined);
  }

  private async noteProblems(
    version: MlflowVersion,
    message: string,
  ): Promise<void> {
    if (version.statusMessage !== message) {
      await this.options.versionStore.noteState(version, 'pending', message);
    }
  }
}
