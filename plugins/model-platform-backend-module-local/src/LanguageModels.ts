import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import {
  LanguageModelSettings,
  languageModelSchema,
} from '@model-platform/model-wire';

interface Entry {
  environment: string;
  /** Names; all where absent. */
  systems?: string[];
  models?: string[];
  settings: LanguageModelSettings;
}

/** The language models that prompts of each environment run on. */
export class LanguageModels {
  /** @throws InputError that names what is wrong, and no key */
  static fromConfig(config: Config): LanguageModels {
    const environments =
      config.getOptionalConfigArray('modelPlatform.environments') ?? [];
    return new LanguageModels(
      environments.flatMap((environment, at) =>
        (environment.getOptionalConfigArray('languageModels') ?? []).map(
          (entry, index) => ({
            environment: environment.getString('name'),
            systems: entry.getOptionalStringArray('systems'),
            models: entry.getOptionalStringArray('models'),
            settings: readSettings(
              entry,
              `modelPlatform.environments[${at}].languageModels[${index}]`,
            ),
          }),
        ),
      ),
    );
  }

  private constructor(private readonly entries: Entry[]) {}

  /** The first of the environment that is for this model; undefined where none is. */
  find(
    environment: string,
    model: { name: string; system: string },
  ): LanguageModelSettings | undefined {
    return this.entries.find(
      entry =>
        entry.environment === environment &&
        (entry.systems?.includes(model.system) ?? true) &&
        (entry.models?.includes(model.name) ?? true),
    )?.settings;
  }
}

function readSettings(entry: Config, where: string): LanguageModelSettings {
  const { systems, models, ...given } = entry.get<Record<string, unknown>>();
  const parsed = languageModelSchema.safeParse(given);
  if (!parsed.success) {
    throw new InputError(
      `${where} is wrong: ${parsed.error.issues
        .map(({ path, message }) => `${path.join('.')}: ${message}`)
        .join('; ')}`,
    );
  }
  return parsed.data;
}
