import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { DeploymentDriver } from '@model-platform/plugin-model-platform-node';

/** Where deployments run, each with the driver that runs them. */
export class Environments {
  /** Without configuration there is one environment, `local`. */
  static fromConfig(config: Config, drivers: DeploymentDriver[]): Environments {
    const byName = new Map(drivers.map(driver => [driver.name, driver]));
    const configured = config.getOptionalConfigArray(
      'modelPlatform.environments',
    );
    if (!configured) {
      return new Environments(
        new Map([['local', byName.get('local')]]),
        drivers,
      );
    }
    const environments = new Map<string, DeploymentDriver>();
    for (const entry of configured) {
      const name = entry.getString('name');
      const driverName = entry.getOptionalString('driver') ?? 'local';
      const driver = byName.get(driverName);
      if (!driver) {
        throw new InputError(
          `The environment ${name} (modelPlatform.environments) has the driver '${driverName}', but no module adds one of that name; there are: ${
            [...byName.keys()].join(', ') || 'none'
          }`,
        );
      }
      environments.set(name, driver);
    }
    return new Environments(environments, drivers);
  }

  private constructor(
    private readonly environments: Map<string, DeploymentDriver | undefined>,
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
    const driver = this.environments.get(name);
    if (!driver) {
      throw new InputError(
        this.environments.has(name)
          ? `The environment ${name} has no driver: its module is not installed`
          : `The environment ${name} is not configured any more (modelPlatform.environments)`,
      );
    }
    return driver;
  }

  drivers(): DeploymentDriver[] {
    return this.allDrivers;
  }
}
