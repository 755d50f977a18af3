import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { DeploymentGate } from '@model-platform/plugin-model-platform-common';
import { DeploymentDriver } from '@model-platform/plugin-model-platform-node';
import {
  EnvironmentRules,
  MAX_BODY_BYTES,
  parseEnvironmentRules,
  Quota,
} from './EnvironmentRules';

interface Environment {
  /** Absent where its module is not installed. */
  driver?: DeploymentDriver;
  rules: EnvironmentRules;
}

const NO_RULES: EnvironmentRules = {
  gates: [],
  systemQuotas: new Map(),
  maxBodyBytes: MAX_BODY_BYTES,
};

/** Where deployments run, each with the driver that runs them and the rules that hold there. */
export class Environments {
  /** Without configuration there is one environment, `local`. */
  static fromConfig(config: Config, drivers: DeploymentDriver[]): Environments {
    const byName = new Map(drivers.map(driver => [driver.name, driver]));
    const configured = config.getOptionalConfigArray(
      'modelPlatform.environments',
    );
    if (!configured) {
      return new Environments(
        new Map([['local', { driver: byName.get('local'), rules: NO_RULES }]]),
        drivers,
      );
    }
    const environments = new Map<string, Environment>();
    for (const [index, entry] of configured.entries()) {
      const name = entry.getString('name');
      const place = `modelPlatform.environments[${index}]`;
      const before = [...environments.keys()].indexOf(name);
      if (before !== -1) {
        throw new InputError(
          `${place}.name is wrong: modelPlatform.environments[${before}] is ${name} already; each has a name of its own`,
        );
      }
      const driverName = entry.getOptionalString('driver') ?? 'local';
      const driver = byName.get(driverName);
      if (!driver) {
        throw new InputError(
          `The environment ${name} (modelPlatform.environments) has the driver '${driverName}', but no module adds one of that name; there are: ${
            [...byName.keys()].join(', ') || 'none'
          }`,
        );
      }
      environments.set(name, {
        driver,
        rules: parseEnvironmentRules(entry.get(), place, [...byName.keys()]),
      });
    }
    return new Environments(environments, drivers);
  }

  private constructor(
    private readonly environments: Map<string, Environment>,
    private readonly allDrivers: DeploymentDriver[],
  ) {}

  names(): string[] {
    return [...this.environments.keys()];
  }

  has(name: string): boolean {
    return this.environments.has(name);
  }

  /** Throws where the environment is no longer configured. */
  driver(name: string): DeploymentDriver {
    const driver = this.findDriver(name);
    if (!driver) {
      throw new InputError(
        this.environments.has(name)
          ? `The environment ${name} has no driver: its module is not installed`
          : `The environment ${name} is not configured any more (modelPlatform.environments)`,
      );
    }
    return driver;
  }

  /** Undefined where the environment is not configured, or its module is not installed. */
  findDriver(name: string): DeploymentDriver | undefined {
    return this.environments.get(name)?.driver;
  }

  drivers(): DeploymentDriver[] {
    return this.allDrivers;
  }

  /** Names of those that it runs. */
  of(driver: DeploymentDriver): string[] {
    return this.names().filter(
      name => this.environments.get(name)?.driver === driver,
    );
  }

  /** Systems whose models may run there; all where undefined. */
  systems(name: string): string[] | undefined {
    return this.environments.get(name)?.rules.systems;
  }

  /** What all deployments there wait for, whatever they say themselves. */
  gates(name: string): DeploymentGate[] {
    return this.environments.get(name)?.rules.gates ?? [];
  }

  /** What the deployments of one system may take there together. */
  quota(name: string, system: string): Quota | undefined {
    const rules = this.environments.get(name)?.rules;
    return rules?.systemQuotas.get(system) ?? rules?.quota;
  }

  /** What `limits.maxBodyBytes` of a deployment there may be at most. */
  maxBodyBytes(name: string): number {
    return this.environments.get(name)?.rules.maxBodyBytes ?? MAX_BODY_BYTES;
  }
}
