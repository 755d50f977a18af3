import { setTimeout as sleep } from 'node:timers/promises';
import { isError, NotFoundError } from '@backstage/errors';
import { LogLine } from '@model-platform/plugin-model-platform-common';
import { DeploymentDriver } from '@model-platform/plugin-model-platform-node';
import { DeploymentRecord } from './DeploymentStore';
import { Environments } from './Environments';

/** How often runners that are new are looked for while following, milliseconds. */
const NEW_RUNNERS_MS = 2_000;

/** Log lines of a deployment's runners, as one stream. */
export class DeploymentLogs {
  constructor(private readonly environments: Environments) {}

  /** The last lines of all runners, or of one, in the order of time. */
  async tail(
    deployment: DeploymentRecord,
    options: { tail: number; runner?: string; signal: AbortSignal },
  ): Promise<{ items: LogLine[]; sources: string[] }> {
    const driver = this.environments.driver(deployment.environment);
    const sources = await this.sources(driver, deployment, options.runner);
    const lines = await Promise.all(
      sources.chosen.map(async runner => {
        const found: LogLine[] = [];
        try {
          const log = driver.logs(
            { deployment: { name: deployment.name }, runner },
            { tail: options.tail, signal: options.signal },
          );
          for await (const line of log) {
            found.push(line);
          }
        } catch (error) {
          // A runner that went away in between has nothing to say any more.
          if (!(error instanceof NotFoundError)) throw error;
        }
        return found;
      }),
    );
    const items = lines
      .flat()
      .sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)))
      .slice(-options.tail);
    return { items, sources: sources.all };
  }

  /** The same, then every further line until the signal; runners that start later too. */
  async follow(
    deployment: DeploymentRecord,
    options: { tail: number; runner?: string; signal: AbortSignal },
    onLine: (line: LogLine) => void,
  ): Promise<void> {
    const driver = this.environments.driver(deployment.environment);
    const followed = new Set<string>();
    const underWay = new Set<Promise<void>>();
    while (!options.signal.aborted) {
      const { chosen } = await this.sources(driver, deployment, options.runner);
      for (const runner of chosen.filter(name => !followed.has(name))) {
        followed.add(runner);
        const work = this.followOne(
          driver,
          deployment,
          runner,
          options,
          onLine,
        ).finally(() => underWay.delete(work));
        underWay.add(work);
      }
      await sleep(NEW_RUNNERS_MS, undefined, { signal: options.signal }).catch(
        () => {},
      );
    }
    await Promise.allSettled(underWay);
  }

  private async followOne(
    driver: DeploymentDriver,
    deployment: DeploymentRecord,
    runner: string,
    options: { tail: number; signal: AbortSignal },
    onLine: (line: LogLine) => void,
  ): Promise<void> {
    try {
      const lines = driver.logs(
        { deployment: { name: deployment.name }, runner },
        { tail: options.tail, follow: true, signal: options.signal },
      );
      for await (const line of lines) {
        onLine(line);
      }
    } catch (error) {
      if (!options.signal.aborted) {
        onLine({
          at: new Date().toISOString(),
          level: 'warn',
          message: `The log of this runner ended: ${
            isError(error) ? error.message : error
          }`,
          runner,
        });
      }
    }
  }

  private async sources(
    driver: DeploymentDriver,
    deployment: DeploymentRecord,
    runner: string | undefined,
  ) {
    const all = await driver.logSources({ name: deployment.name });
    if (runner === undefined) {
      return { all, chosen: all };
    }
    if (!all.includes(runner)) {
      throw new NotFoundError(
        `Deployment ${deployment.name} has no runner ${runner}; it has: ${
          all.join(', ') || 'none'
        }`,
      );
    }
    return { all, chosen: [runner] };
  }
}
