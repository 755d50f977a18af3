import { modelPublishPermission } from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../../../access/Authorizer';
import { ModelProblemsError } from '../../ModelProblemsError';
import { Candidate, Completion } from '../completion/Completion';
import { refusalOf } from '../completion/refusalOf';
import { Tag } from '../http/readParameters';
import { MlflowCall } from '../MlflowCall';
import { MlflowModel } from './MlflowModel';
import { MlflowModelAccess } from './MlflowModelAccess';
import { ModelVersionStore } from './MlflowModelStore';

/** Of versions that wait, as many are tried for one change of their model. */
const MOST_AT_ONCE = 100;

/** Makes versions that lack nothing any more versions of the registry. */
export class VersionRegistration {
  constructor(
    private readonly options: {
      versionStore: ModelVersionStore;
      authorizer: Authorizer;
      completion: Completion;
      access: MlflowModelAccess;
    },
  ) {}

  /**
   * Tags of the model are defaults of its versions: some that wait may be
   * complete now, the newest first to be tried. The change itself is made
   * already, so what they are refused for is none of it.
   */
  async completePending(call: MlflowCall, name: string): Promise<void> {
    const { access, authorizer, versionStore } = this.options;
    const model = await access.readable(call, name);
    // For others what waits is not there.
    if (!(await authorizer.can(call.caller, modelPublishPermission, model))) {
      return;
    }
    let failure: unknown;
    for (const { number } of await versionStore.pendingVersions(
      model.id,
      MOST_AT_ONCE,
    )) {
      try {
        await this.complete(call, model, number);
      } catch (error) {
        if (refusalOf(error) === undefined) failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  async complete(
    call: MlflowCall,
    model: MlflowModel,
    number: number,
  ): Promise<void> {
    const { access, completion } = this.options;
    const { version } = await access.versionOf(call, model, number);
    const tags = await access.tagsOf(model);
    await this.attempt(call, model, number, async () => {
      const problems = await completion.problems(call, model, tags, version);
      if (problems.length > 0) {
        throw new ModelProblemsError(model.name, problems);
      }
      await completion.publish(call, model, tags, version);
    });
  }

  async publish(
    call: MlflowCall,
    model: MlflowModel,
    tags: Tag[],
    candidate: Candidate,
  ): Promise<void> {
    await this.attempt(call, model, candidate.number, () =>
      this.options.completion.publish(call, model, tags, candidate),
    );
  }

  /** What is refused waits, and says why; the next change of it tries again. */
  private async attempt(
    call: MlflowCall,
    model: MlflowModel,
    number: number,
    work: () => Promise<void>,
  ): Promise<void> {
    const { access, versionStore } = this.options;
    let refusal: string | undefined;
    try {
      await work();
    } catch (error) {
      refusal = refusalOf(error);
      if (refusal === undefined) throw error;
    }
    const { version } = await access.versionOf(call, model, number);
    // Another attempt at the same time may have made it ready.
    if (refusal === undefined || version.state === 'registered') {
      await versionStore.noteState(version, 'registered', undefined);
    } else if (version.statusMessage !== refusal) {
      await versionStore.noteState(version, 'pending', refusal);
    }
  }
}
