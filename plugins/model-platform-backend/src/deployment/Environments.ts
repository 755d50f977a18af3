import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { DeploymentDriver } from '@model-platform/plugin-model-platform-node';

/** Where deployments run, each with the driver that runs them. */
export class Environments {
  /** Without configuration there is one environment, `local`. */
  static fromConfig(config: Config, drivers: DeploymentDriver[]): Environments {
    const byName = new Map(drivers.map(driver => [driver.name, driver]));
    const configured = config.getOptionalConfig('modelPlatform.environments');
    const names = configured?.keys() ?? ['local'];
    const environments = new Map<string, DeploymentDriver | undefined>();
    for (const name of names) {
      const driverName =
        configured?.getOptionalString(`${name}.driver`) ?? 'local';
      const driver = byName.get(driverName);
      if (!driver && configured) {
        throw new InputError(
          `modelPlatform.environments.${name}.driver is '${driverName}', but no module adds a driver of that name; there are: ${
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
