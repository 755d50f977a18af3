import { createHash } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LoggerService } from '@backstage/backend-plugin-api';
import { Config } from '@backstage/config';
import { NotFoundError, ServiceUnavailableError } from '@backstage/errors';
import {
  canonicalTrafficPlan,
  ENDPOINT_SETTINGS_FILE,
  LANGUAGE_MODEL_FILE,
  LanguageModelSettings,
  RunnerSpec,
} from '@model-platform/model-wire';
import { LogLine } from '@model-platform/plugin-model-platform-common';
import {
  callTimeoutMs,
  DeploymentDriver,
  DeploymentRef,
  DesiredRevision,
  DesiredRoute,
  DesiredVariant,
  EndpointCodeSettings,
  LanguageModels,
  LogOptions,
  LogSource,
  ObservedDeployment,
  replicasOf,
  RunnerRef,
  ScrapeTarget,
  toTrafficPlan,
  WriteOptions,
} from '@model-platform/plugin-model-platform-node';
import { HostClient } from './HostClient';
import { hostLog } from './hostLog';
import { refuseImage } from './refuseImage';
import { RunnerDirectories } from './RunnerDirectories';
import { servingInterpreters } from './servingInterpreters';
import { toRunnerResources } from './toRunnerResources';
import { VersionEnvironments } from './VersionEnvironments';
import { VersionFiles } from './VersionFiles';

/** More copies of one model than this help no machine. */
const MAX_REPLICAS = 8;

/**
 * Runs models as processes of this machine, through the host: the parent of
 * gateway and runners, which goes on without the portal. This driver prepares
 * what runners are started with and tells the host what shall run. @public
 */
export class LocalDriver implements DeploymentDriver {
  static fromConfig(
    config: Config,
    options: { logger: LoggerService },
  ): LocalDriver {
    const dataDir = resolve(
      config.getOptionalString('modelPlatform.local.dataDir') ??
        process.env.MODEL_PLATFORM_DATA_DIR ??
        '.model-platform',
    );
    const gatewayUrl = config.getOptionalString(
      'modelPlatform.local.gatewayUrl',
    );
    return new LocalDriver(
      dataDir,
      options.logger,
      gatewayUrl?.replace(/\/+$/, ''),
      LanguageModels.fromConfig(config),
      EndpointCodeSettings.fromConfig(config),
    );
  }

  readonly name = 'local';

  readonly scalesToZero = true;

  private readonly host: HostClient;

  private readonly versions: VersionFiles;

  private readonly environments: VersionEnvironments;

  private readonly directories: RunnerDirectories;

  /** Digest of the runners that a host process was told last, by endpoint and revision. */
  private readonly told = new Map<string, string>();

  private applying = 0;

  private cleaning: Promise<void> = Promise.resolve();

  private constructor(
    private readonly dataDir: string,
    private readonly logger: LoggerService,
    /** Where applications reach the gateway, if a proxy stands in front of it. */
    private readonly gatewayUrl: string | undefined,
    private readonly languageModels: LanguageModels,
    private readonly endpointCode: EndpointCodeSettings,
  ) {
    this.host = new HostClient(dataDir);
    this.versions = new VersionFiles(dataDir);
    this.environments = new VersionEnvironments(dataDir);
    this.directories = new RunnerDirectories(dataDir);
  }

  async unavailable(runtime: 'node' | 'python'): Promise<string | undefined> {
    return (await this.host.machine()).unavailableRuntimes[runtime];
  }

  async apply(
    desired: DesiredRevision,
    options: WriteOptions & { signal: AbortSignal },
  ): Promise<void> {
    const { ref, revision } = desired;
    for (const { version } of desired.variants) refuseImage(version);
    const state = await this.host.state(ref.name);
    const runners = this.runnersOf(desired);
    const key = `${ref.name}/${revision}`;
    const digest = digestOf([this.host.identity(), runners]);
    // A runner that fails may miss its files, and one that drains was released:
    // then they are looked after again.
    const running = new Set(
      state.deployments[ref.name]?.runners
        .filter(({ phase }) => phase !== 'failed' && phase !== 'draining')
        .map(runner => runner.id),
    );
    if (
      this.told.get(key) === digest &&
      runners.every(runner => running.has(runner.id))
    ) {
      return;
    }
    this.applying += 1;
    try {
      await this.cleaning;
      await mkdir(this.dataDir, { recursive: true, mode: 0o700 });
      const serving = servingInterpreters(
        state.deployments[ref.name]?.runners ?? [],
      );
      const interpreters = new Map<string, string>();
      for (const variant of desired.variants) {
        const files = await this.versions.ensure(
          variant.version,
          desired.openFile,
          options.signal,
        );
        const areServing = runners
          .filter(runner => runner.variant === variant.name)
          .every(({ id }) => serving.has(id));
        const interpreter = areServing
          ? undefined
          : await this.environments.ensure(
              variant.version,
              files,
              state.pythonPath,
              options.signal,
            );
        if (interpreter) interpreters.set(variant.name, interpreter);
        await this.directories.ensure(ref.name, revision, variant, files, {
          [LANGUAGE_MODEL_FILE]: this.languageModelOf(
            desired.environment,
            variant,
          ),
          [ENDPOINT_SETTINGS_FILE]:
            variant.version.endpoint === undefined
              ? undefined
              : this.endpointCode.find(desired.environment, variant.model),
        });
      }
      await this.host.putRunners(
        ref.name,
        runners.map(runner => ({
          ...runner,
          interpreter: serving.has(runner.id)
            ? serving.get(runner.id)
            : interpreters.get(runner.variant),
        })),
        options,
      );
      this.told.set(key, digest);
    } finally {
      this.applying -= 1;
    }
  }

  async observe(ref: DeploymentRef): Promise<ObservedDeployment> {
    const state = await this.host.state(ref.name);
    const deployment = state.deployments[ref.name];
    return {
      runners: (deployment?.runners ?? []).map(runner => ({
        id: runner.id,
        variant: runner.variant,
        version: runner.version,
        revision: runner.revision,
        phase: runner.phase,
        restarts: runner.restarts,
        message: runner.message,
        startedAt: runner.startedAt,
        pid: runner.pid,
      })),
      // Without a gateway nothing is routed, whatever it had before it ended.
      routedRevision: state.gateway.ready
        ? deployment?.routedRevision
        : undefined,
      routeDigest: state.gateway.ready ? deployment?.routeHash : undefined,
      url: `${this.gatewayUrl ?? state.gateway.url}/${ref.name}`,
      message: state.gateway.ready
        ? undefined
        : `The gateway is not ready${
            state.gateway.message ? `: ${state.gateway.message}` : ''
          }`,
    };
  }

  routeDigest(ref: DeploymentRef, route: DesiredRoute): string {
    return createHash('sha256')
      .update(canonicalTrafficPlan(toTrafficPlan(ref, route)))
      .digest('hex');
  }

  async route(
    ref: DeploymentRef,
    route: DesiredRoute,
    options: WriteOptions = {},
  ): Promise<void> {
    const plan = toTrafficPlan(ref, route);
    if (await this.host.putRoute(ref.name, plan, options)) {
      return;
    }
    // A runner that is down just now must not hold up a revoked token. The
    // digest will differ, so that the whole plan is tried again later.
    const state = await this.host.state(ref.name);
    const ready = new Set(
      state.deployments[ref.name]?.runners
        .filter(({ phase }) => phase === 'ready' || phase === 'asleep')
        .map(runner => runner.id),
    );
    const variants = route.variants.map(variant => ({
      ...variant,
      runners: variant.runners.filter(id => ready.has(id)),
    }));
    for (const variant of variants) {
      if (variant.weight > 0 && variant.runners.length === 0) {
        throw new ServiceUnavailableError(
          `Variant ${variant.name} of ${ref.name} has no runner that is ready`,
        );
      }
    }
    if (
      !(await this.host.putRoute(
        ref.name,
        toTrafficPlan(ref, { ...route, variants }),
        options,
      ))
    ) {
      throw new ServiceUnavailableError(
        `Runners of ${ref.name} stopped being ready while traffic was switched`,
      );
    }
  }

  async release(
    ref: DeploymentRef,
    { keep, newest }: { keep: number[]; newest: number },
    options: WriteOptions = {},
  ): Promise<void> {
    const state = await this.host.state(ref.name);
    const runners = state.deployments[ref.name]?.runners ?? [];
    // Draining takes its time: a later revision may begin meanwhile, and was never meant.
    const isKept = (revision: number) =>
      keep.includes(revision) || revision > newest;
    await this.host.release(
      ref.name,
      runners.filter(({ revision }) => isKept(revision)).map(({ id }) => id),
      options,
    );
    // Directories of runners that still drain are left to a later call.
    const draining = new Set(runners.map(({ revision }) => revision));
    await this.directories.keepOnly(
      ref.name,
      revision => isKept(revision) || draining.has(revision),
    );
    await this.removeUnusedVersions();
  }

  async switchOff(
    ref: DeploymentRef,
    route: DesiredRoute,
    options: WriteOptions = {},
  ): Promise<void> {
    await this.host.putRoute(ref.name, toTrafficPlan(ref, route), options);
    await this.host.release(ref.name, [], options);
    await this.forget(ref);
  }

  async remove(ref: DeploymentRef, options: WriteOptions = {}): Promise<void> {
    await this.host.remove(ref.name, options);
    await this.forget(ref);
  }

  /** What is kept here of a deployment that has no runners any more. */
  private async forget(ref: DeploymentRef): Promise<void> {
    for (const key of this.told.keys()) {
      if (key.startsWith(`${ref.name}/`)) {
        this.told.delete(key);
      }
    }
    await this.directories.remove(ref.name);
    await this.removeUnusedVersions();
  }

  async list(): Promise<string[]> {
    const state = await this.host.state();
    return [
      ...new Set([
        ...Object.keys(state.deployments),
        ...(await this.directories.endpoints()),
      ]),
    ];
  }

  async *logs(ref: RunnerRef, options: LogOptions): AsyncIterable<LogLine> {
    if (!ref.runner.startsWith(runnerPrefix(ref.deployment.name))) {
      throw new NotFoundError(
        `${ref.deployment.name} has no runner ${ref.runner}`,
      );
    }
    yield* hostLog(this.host, ref.runner, options);
  }

  async logSources(ref: DeploymentRef): Promise<LogSource[]> {
    const state = await this.host.state(ref.name);
    const running = (state.deployments[ref.name]?.runners ?? []).map(
      ({ id }) => id,
    );
    const kept = await readdir(resolve(this.dataDir, 'logs', 'runners')).catch(
      () => [],
    );
    const ended = kept
      .filter(file => file.startsWith(runnerPrefix(ref.name)))
      // What was put aside when a log had grown too large is the same runner's.
      .flatMap(file => /^([^.]+)(?:\.1)?\.jsonl$/.exec(file)?.[1] ?? []);
    return [...new Set([...running, ...ended])].map(runner => {
      const [, revision, variant] =
        /^(\d+)-(.+)-\d+$/.exec(runner.slice(runnerPrefix(ref.name).length)) ??
        [];
      return {
        runner,
        revision: revision ? Number(revision) : undefined,
        variant,
      };
    });
  }

  async scrapeTargets(): Promise<ScrapeTarget[]> {
    const { gateway, deployments } = await this.host.state();
    const targets: ScrapeTarget[] = [
      { id: 'local/host', kind: 'engine', ...this.host.metrics() },
    ];
    if (gateway.adminUrl) {
      targets.push({
        id: 'local/gateway',
        kind: 'gateway',
        isAway: !gateway.ready,
        url: `${gateway.adminUrl}/metrics`,
        headers: bearer(gateway.metricsSecret),
      });
    }
    for (const { runners } of Object.values(deployments)) {
      for (const runner of runners) {
        const isRead =
          runner.url &&
          runner.phase !== 'starting' &&
          runner.phase !== 'failed';
        // What it counts is of its own model, whatever a developer's code in it says.
        const model = isRead
          ? await this.directories.modelOf(
              runner.endpoint,
              runner.revision,
              runner.variant,
            )
          : undefined;
        if (runner.url && model) {
          targets.push({
            id: `local/${runner.id}`,
            kind: 'runner',
            isShadow: runner.isShadow,
            url: `${runner.url}/metrics`,
            labels: {
              system: model.system,
              model: model.slug,
              endpoint: runner.endpoint,
              variant: runner.variant,
              version: String(runner.version),
              revision: String(runner.revision),
            },
            headers: bearer(runner.metricsSecret),
          });
        }
      }
    }
    return targets;
  }

  /** For prompts alone: what runs a developer's own code gets no key. */
  private languageModelOf(
    environment: string,
    { model, version }: DesiredVariant,
  ): LanguageModelSettings | undefined {
    return version.flavor === 'prompt' &&
      version.runtime === 'node' &&
      version.endpoint === undefined
      ? this.languageModels.find(environment, model)
      : undefined;
  }

  private runnersOf(desired: DesiredRevision): RunnerSpec[] {
    return desired.variants.flatMap(variant => {
      const replicas = replicasOf(desired.resources, variant);
      const count = Math.min(replicas.max, MAX_REPLICAS);
      const min = Math.min(replicas.min, count);
      return Array.from({ length: count }, (_, index) => ({
        id: runnerId(desired.ref.name, desired.revision, variant.name, index),
        endpoint: desired.ref.name,
        runtime: variant.version.runtime,
        directory: resolve(
          this.dataDir,
          'runners',
          desired.ref.name,
          `r${desired.revision}-${variant.name}`,
        ),
        variant: variant.name,
        version: variant.version.number,
        revision: desired.revision,
        environment: desired.environment,
        isShadow: variant.shadowShare ? true : undefined,
        resources: toRunnerResources(
          desired.resources,
          variant.version.resources,
        ),
        maxBodyBytes: desired.maxBodyBytes,
        requestTimeoutMs: callTimeoutMs(desired.timeoutSeconds),
        scaling:
          min < count
            ? {
                index,
                min,
                inFlight: replicas.inFlight,
                idleMs: replicas.idleSeconds * 1_000,
              }
            : undefined,
      }));
    });
  }

  private async removeUnusedVersions(): Promise<void> {
    this.cleaning = this.cleaning.then(async () => {
      if (this.applying > 0) {
        return;
      }
      try {
        await this.versions.keepOnly(await this.directories.usedVersions());
        const { pythonPath, deployments } = await this.host.state();
        const inUse = Object.values(deployments).flatMap(({ runners }) =>
          runners.flatMap(({ interpreter }) => interpreter ?? []),
        );
        await this.environments.removeUnused(pythonPath, inUse);
      } catch (error) {
        this.logger.warn(
          `Files of versions no longer deployed could not be removed: ${error}`,
        );
      }
    });
    await this.cleaning;
  }
}

function bearer(secret: string | undefined): ScrapeTarget['headers'] {
  return secret ? { authorization: `Bearer ${secret}` } : undefined;
}

/** Names of endpoints have no `--`, so that no id can be of two endpoints. */
function runnerPrefix(endpoint: string): string {
  return `${endpoint}--r`;
}

function runnerId(
  endpoint: string,
  revision: number,
  variant: string,
  index: number,
) {
  return `${runnerPrefix(endpoint)}${revision}-${variant}-${index}`;
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
