import { Config } from '@backstage/config';
import {
  EndpointSettings,
  endpointSettingsSchema,
} from '@model-platform/model-wire';
import { ModelSettings } from './ModelSettings';

/** What each environment tells the endpoint code of its models. */
export class EndpointCodeSettings {
  /** @throws InputError that names what is wrong, and no secret */
  static fromConfig(config: Config): EndpointCodeSettings {
    return new EndpointCodeSettings(
      ModelSettings.fromConfig(config, 'endpointCode', endpointSettingsSchema),
    );
  }

  private constructor(
    private readonly settings: ModelSettings<EndpointSettings>,
  ) {}

  /** All that is for this model together, of one name the last; undefined where nothing is. */
  find(
    environment: string,
    model: { name: string; system: string },
  ): EndpointSettings | undefined {
    const found = this.settings.of(environment, model);
    if (found.length === 0) return undefined;
    return {
      configuration: Object.assign(
        {},
        ...found.map(({ configuration }) => configuration),
      ),
      secrets: Object.assign({}, ...found.map(({ secrets }) => secrets)),
    };
  }
}
