import { setTimeout as sleep } from 'node:timers/promises';
import { isError, NotFoundError } from '@backstage/errors';
import { LogLine } from '@model-platform/plugin-model-platform-common';
import { DeploymentDriver } from '@model-platform/plugin-model-platform-node';
import { DeploymentRecord } from './DeploymentStore';
import { Environments } from './Environments';
import { LogQuery } from './parseLogQuery';

/** How often runners that are new are looked for while following, milliseconds. */
const NEW_RUNNERS_MS = 2_000;

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

  /** The same, then every further line until the signal; runners that start later too. */
  async follow(
    deployment: DeploymentRecord,
    options: LogQuery & { signal: AbortSignal },
    onLine: (line: LogLine) => void,
  ): Promise<void> {
    const driver = this.environments.driver(deployment.environment);
    const followed = new Set<string>();
    const underWay = new Set<Promise<void>>();
    while (!options.signal.aborted) {
      const { chosen } = await this.sources(driver, deployment, options);
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
    options: LogQuery & { signal: AbortSignal },
    onLine: (line: LogLine) => void,
  ): Promise<void> {
    try {
      const lines = driver.logs(
        { deployment: { name: deployment.name }, runner },
        { ...linesOf(options), follow: true },
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

function linesOf({
  tail,
  since,
  grep,
  signal,
}: LogQuery & { signal: AbortSignal }) {
  return { tail, since, grep, signal };
}
