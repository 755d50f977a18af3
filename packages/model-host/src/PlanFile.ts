import { HostPlan, hostPlanSchema } from '@model-platform/model-wire';
import { readJsonFile, writeJsonFile } from './jsonFile';

/** `plan.json`: what shall run. On disk before it is acted on. */
export class PlanFile {
  readonly #path: string;
  #plan: HostPlan;

  private constructor(path: string, plan: HostPlan) {
    this.#path = path;
    this.#plan = plan;
  }

  /** @throws Error that says what is wrong with the file: a plan is not to be lost silently */
  static open(path: string): PlanFile {
    const value = readJsonFile(path);
    if (value === undefined) {
      return new PlanFile(path, { formatVersion: 1, deployments: {} });
    }
    const parsed = hostPlanSchema.safeParse(value);
    if (!parsed.success) {
      throw new Error(
        `${path} is not a plan of this version of the host: ${parsed.error.issues
          .map(issue => `${issue.path.join('.')}: ${issue.message}`)
          .join('; ')}. Remove it to start without deployments`,
      );
    }
    return new PlanFile(path, parsed.data);
  }

  get deployments(): HostPlan['deployments'] {
    return this.#plan.deployments;
  }

  deployment(endpoint: string): HostPlan['deployments'][string] | undefined {
    return this.#plan.deployments[endpoint];
  }

  set(endpoint: string, deployment: HostPlan['deployments'][string]): void {
    this.#write({ ...this.#plan.deployments, [endpoint]: deployment });
  }

  delete(endpoint: string): void {
    const { [endpoint]: gone, ...deployments } = this.#plan.deployments;
    if (gone) {
      this.#write(deployments);
    }
  }

  /** Largest lease number of a leader that has been here; none where nobody has said one. */
  get fencing(): number | undefined {
    return this.#plan.fencing;
  }

  setFencing(fencing: number): void {
    this.#write(this.#plan.deployments, fencing);
  }

  #write(
    deployments: HostPlan['deployments'],
    fencing = this.#plan.fencing,
  ): void {
    const plan: HostPlan = { formatVersion: 1, fencing, deployments };
    writeJsonFile(this.#path, plan);
    this.#plan = plan;
  }
}
