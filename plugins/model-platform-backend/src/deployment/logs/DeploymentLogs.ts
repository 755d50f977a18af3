import { setTimeout as sleep } from 'node:timers/promises';
import { NotFoundError } from '@backstage/errors';
import { LogLine } from '@model-platform/plugin-model-platform-common';
import {
  DeploymentDriver,
  logWarning,
} from '@model-platform/plugin-model-platform-node';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { Environments } from '../environments/Environments';
import { LogQuery } from './parseLogQuery';

/** How often runners that are new, and logs that broke off, are looked for while following, milliseconds. */
const LOOK_AGAIN_MS = 2_000;

/** Log lines of a deployment's runners, as one stream. */
export class DeploymentLogs {
  constructor(private readonly environments: Environments) {}

  /** The last lines of all runners, or of one, in the order of time. */
  async tail(
    deployment: DeploymentRecord,
    options: LogQuery & { signal: AbortSignal },
  ): Promise<{ items: LogLine[]; sources: string[] }> {
    const driver = this.environments.driver(deployment.environment);
    const sources = await this.sources(driver, deployment, options);
    const lines = await Promise.all(
      sources.chosen.map(async runner => {
        const found: LogLine[] = [];
        try {
          const log = driver.logs(
            { deployment: { name: deployment.name }, runner },
            linesOf(options),
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

  /**
   * The same, then every further line until the signal; runners that start
   * later too. Looks before it resolves, so that what cannot be followed is
   * said at once.
   *
   * @throws NotFoundError where there is no runner of that name
   * @returns what follows; it ends by itself once the only runner is gone that was asked for
   */
  async follow(
    deployment: DeploymentRecord,
    options: LogQuery & { signal: AbortSignal },
  ): Promise<(onLine: (line: LogLine) => void) => Promise<void>> {
    const driver = this.environments.driver(deployment.environment);
    let { chosen } = await this.sources(driver, deployment, options);
    return async onLine => {
      const followed = new Set<string>();
      const underWay = new Set<Promise<void>>();
      let isBlind = false;
      while (!options.signal.aborted) {
        for (const runner of chosen.filter(name => !followed.has(name))) {
          followed.add(runner);
          const work = this.followOne(
            driver,
            deployment,
            runner,
            options,
            onLine,
          )
            .then(isRead => {
              // As long as it is listed it may have a log later.
              if (!isRead) followed.delete(runner);
            })
            .finally(() => underWay.delete(work));
          underWay.add(work);
        }
        await pause(options.signal);
        try {
          ({ chosen } = await this.sources(driver, deployment, options));
          isBlind = false;
        } catch (error) {
          if (error instanceof NotFoundError) break;
          if (!isBlind) {
            onLine(
              logWarning(deployment.name, 'New runners cannot be found', error),
            );
          }
          isBlind = true;
        }
      }
      await Promise.allSettled(underWay);
    };
  }

  /**
   * A log that cannot be had is tried again; where one breaks off, its driver
   * reads on.
   *
   * @returns whether there was one
   */
  private async followOne(
    driver: DeploymentDriver,
    deployment: DeploymentRecord,
    runner: string,
    options: LogQuery & { signal: AbortSignal },
    onLine: (line: LogLine) => void,
  ): Promise<boolean> {
    const { signal } = options;
    let isRead = false;
    let isBroken = false;
    while (!signal.aborted) {
      try {
        const lines = driver.logs(
          { deployment: { name: deployment.name }, runner },
          // What was read does not come again.
          { ...linesOf(options), ...(isRead ? { tail: 0 } : {}), follow: true },
        );
        for await (const line of lines) {
          isRead = true;
          isBroken = false;
          onLine(line);
        }
        return true;
      } catch (error) {
        if (signal.aborted || error instanceof NotFoundError) return isRead;
        if (!isBroken) {
          onLine(
            logWarning(runner, 'The log of this runner cannot be read', error),
          );
        }
        isBroken = true;
        await pause(signal);
      }
    }
    return isRead;
  }

  private async sources(
    driver: DeploymentDriver,
    deployment: DeploymentRecord,
    query: LogQuery,
  ) {
    const known = await driver.logSources({ name: deployment.name });
    const all = known.map(({ runner }) => runner);
    if (query.runner !== undefined && !all.includes(query.runner)) {
      throw new NotFoundError(
        `Deployment ${deployment.name} has no runner ${query.runner}; it has: ${
          all.join(', ') || 'none'
        }`,
      );
    }
    const chosen = known
      .filter(
        source =>
          (query.runner ?? source.runner) === source.runner &&
          (query.variant ?? source.variant) === source.variant &&
          (query.revision ?? source.revision) === source.revision,
      )
      .map(({ runner }) => runner);
    return { all, chosen };
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => {});
}

function linesOf({
  tail,
  since,
  grep,
  signal,
}: LogQuery & { signal: AbortSignal }) {
  return { tail, since, grep, signal };
}
