import { Model } from '@model-platform/plugin-model-platform-common';

/** Who changes a deployment, and whether they may. */
export interface DeploymentActor {
  /** For the history: entity ref of a user, a token with its maker, `git:<location>`, `platform`. */
  readonly name: string;
  /** The person who answers for it, whose word is none of somebody else's. */
  readonly responsible?: string;
  /**
   * Throws `NotAllowedError` where the actor may not deploy this model to this
   * environment, `NotFoundError` where it may not even know of it.
   */
  requireDeploy(model: Model, environment: string): Promise<void>;
  /**
   * Throws `NotAllowedError` where the actor may not let applications call this
   * model: those that have tokens of an endpoint call whatever it comes to serve.
   */
  requireOpen(model: Model): Promise<void>;
}

/** The platform itself: follows triggers that somebody with the right has declared. */
export const platformActor: DeploymentActor = {
  name: 'platform',
  async requireDeploy() {},
  async requireOpen() {},
};
