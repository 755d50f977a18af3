import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';

/** What checks an entry, as zod does it. */
interface Schema<T> {
  safeParse(given: unknown):
    | { success: true; data: T }
    | {
        success: false;
        error: { issues: Array<{ path: PropertyKey[]; message: string }> };
      };
}

interface Entry<T> {
  environment: string;
  /** Names; all where absent. */
  systems?: string[];
  models?: string[];
  settings: T;
}

/** What environments say to models, in entries for all, for some systems or for some models. */
export class ModelSettings<T> {
  /**
   * Of `modelPlatform.environments[].<key>`.
   *
   * @throws InputError that names what is wrong, and no value
   */
  static fromConfig<T>(
    config: Config,
    key: string,
    schema: Schema<T>,
  ): ModelSettings<T> {
    const environments =
      config.getOptionalConfigArray('modelPlatform.environments') ?? [];
    return new ModelSettings(
      environments.flatMap((environment, at) =>
        (environment.getOptionalConfigArray(key) ?? []).map((entry, index) => ({
          environment: environment.getString('name'),
          systems: entry.getOptionalStringArray('systems'),
          models: entry.getOptionalStringArray('models'),
          settings: read(
            entry,
            schema,
            `modelPlatform.environments[${at}].${key}[${index}]`,
          ),
        })),
      ),
    );
  }

  private constructor(private readonly entries: Array<Entry<T>>) {}

  /** All that are for this model, in order. */
  of(environment: string, model: { name: string; system: string }): T[] {
    return this.entries
      .filter(
        entry =>
          entry.environment === environment &&
          (entry.systems?.includes(model.system) ?? true) &&
          (entry.models?.includes(model.name) ?? true),
      )
      .map(({ settings }) => settings);
  }
}

function read<T>(entry: Config, schema: Schema<T>, where: string): T {
  const { systems, models, ...given } = entry.get<Record<string, unknown>>();
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    throw new InputError(
      `${where} is wrong: ${parsed.error.issues
        .map(({ path, message }) => `${path.join('.')}: ${message}`)
        .join('; ')}`,
    );
  }
  return parsed.data;
}
