import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { toSystemName } from '@model-platform/plugin-model-platform-common';
import { z } from 'zod';

/** What a system does with versions that MLflow registers. */
export interface MlflowSystemSettings {
  /** With those that lack metadata: they wait for it, or are refused at once. */
  incomplete: 'pending' | 'refuse';
  /** Nothing is mandatory: what is not complete is ready for MLflow alone. */
  open: boolean;
  /** Versions whose files are elsewhere are ready for MLflow alone, rather than waiting. */
  external: boolean;
}

const schema = z.record(
  z.string(),
  z.strictObject({
    incomplete: z.enum(['pending', 'refuse']).default('pending'),
    open: z.boolean().default(false),
    external: z.boolean().default(false),
  }),
);

/** `modelPlatform.mlflow.systems`, by system. */
export class MlflowSettings {
  /** Throws `InputError` that names the place. */
  static fromConfig(config: Config): MlflowSettings {
    const place = 'modelPlatform.mlflow.systems';
    const parsed = schema.safeParse(config.getOptional(place) ?? {});
    if (!parsed.success) {
      throw new InputError(
        `${place} is wrong: ${parsed.error.issues
          .map(issue => `${issue.path.join('.')}: ${issue.message}`)
          .join('; ')}`,
      );
    }
    return new MlflowSettings(
      new Map(
        Object.entries(parsed.data).map(([system, settings]) => [
          toSystemName(system),
          settings,
        ]),
      ),
    );
  }

  private constructor(
    private readonly systems: Map<string, MlflowSystemSettings>,
  ) {}

  of(system: string): MlflowSystemSettings {
    return (
      this.systems.get(system) ?? {
        incomplete: 'pending',
        open: false,
        external: false,
      }
    );
  }
}
