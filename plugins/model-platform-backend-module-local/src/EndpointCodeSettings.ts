import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import {
  EndpointSettings,
  endpointSettingsSchema,
} from '@model-platform/model-wire';

interface Entry {
  environment: string;
  /** Names; all where absent. */
  systems?: string[];
  models?: string[];
  settings: EndpointSettings;
}

/** What each environment tells the endpoint code of its models. */
export class EndpointCodeSettings {
  /** @throws InputError that names what is wrong, and no secret */
  static fromConfig(config: Config): EndpointCodeSettings {
    const environments =
      config.getOptionalConfigArray('modelPlatform.environments') ?? [];
    return new EndpointCodeSettings(
      environments.flatMap((environment, at) =>
        (environment.getOptionalConfigArray('endpointCode') ?? []).map(
          (entry, index) => ({
            environment: environment.getString('name'),
            systems: entry.getOptionalStringArray('systems'),
            models: entry.getOptionalStringArray('models'),
            settings: readSettings(
              entry,
              `modelPlatform.environments[${at}].endpointCode[${index}]`,
            ),
          }),
        ),
      ),
    );
  }

  private constructor(private readonly entries: Entry[]) {}

  /** All that is for this model together, of one name the last; undefined where nothing is. */
  find(
    environment: string,
    model: { name: string; system: string },
  ): EndpointSettings | undefined {
    const found = this.entries.filter(
      entry =>
        entry.environment === environment &&
        (entry.systems?.includes(model.system) ?? true) &&
        (entry.models?.includes(model.name) ?? true),
    );
    if (found.length === 0) return undefined;
    return {
      configuration: Object.assign(
        {},
        ...found.map(({ settings }) => settings.configuration),
      ),
      secrets: Object.assign(
        {},
        ...found.map(({ settings }) => settings.secrets),
      ),
    };
  }
}

function readSettings(entry: Config, where: string): EndpointSettings {
  const { systems, models, ...given } = entry.get<Record<string, unknown>>();
  const parsed = endpointSettingsSchema.safeParse(given);
  if (!parsed.success) {
    throw new InputError(
      `${where} is wrong: ${parsed.error.issues
        .map(({ path, message }) => `${path.join('.')}: ${message}`)
        .join('; ')}`,
    );
  }
  return parsed.data;
}
