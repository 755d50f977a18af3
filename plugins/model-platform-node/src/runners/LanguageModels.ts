import { Config } from '@backstage/config';
import {
  LanguageModelSettings,
  languageModelSchema,
} from '@model-platform/model-wire';
import { ModelSettings } from './ModelSettings';

/** The language models that prompts of each environment run on. */
export class LanguageModels {
  /** @throws InputError that names what is wrong, and no key */
  static fromConfig(config: Config): LanguageModels {
    return new LanguageModels(
      ModelSettings.fromConfig(config, 'languageModels', languageModelSchema),
    );
  }

  private constructor(
    private readonly settings: ModelSettings<LanguageModelSettings>,
  ) {}

  /** The first of the environment that is for this model; undefined where none is. */
  find(
    environment: string,
    model: { name: string; system: string },
  ): LanguageModelSettings | undefined {
    return this.settings.of(environment, model)[0];
  }
}
