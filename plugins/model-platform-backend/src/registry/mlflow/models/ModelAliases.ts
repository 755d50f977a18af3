import { Registry } from '../../Registry';
import { MlflowCall } from '../MlflowCall';
import { invalidParameter, MlflowError } from '../MlflowError';
import { checkAlias } from '../validation';
import { MlflowModelAccess, NamedVersion } from './MlflowModelAccess';
import { LabelStore, ModelVersionStore } from './MlflowModelStore';

/** Aliases as MLflow sees them: those of the registry, and those of versions that it alone has. */
export class ModelAliases {
  constructor(
    private readonly options: {
      versionStore: ModelVersionStore;
      labelStore: LabelStore;
      registry: Registry;
      access: MlflowModelAccess;
    },
  ) {}

  /** By alias; `latest` is the one with the highest number. */
  async find(
    call: MlflowCall,
    name: string,
    alias: string,
  ): Promise<NamedVersion> {
    checkAlias(alias, false);
    const { access, versionStore, labelStore } = this.options;
    const model = await access.readable(call, name);
    if (alias.toLocaleLowerCase('en-US') === 'latest') {
      const latest = await versionStore.latestVersions(
        await access.scope(call),
        [model.id],
      );
      const newest = Math.max(
        0,
        ...(latest.get(model.id) ?? []).map(version => version.number),
      );
      if (newest === 0) {
        throw new MlflowError(
          'RESOURCE_DOES_NOT_EXIST',
          `Latest version not found for model ${name}.`,
        );
      }
      return await access.versionOf(call, model, newest);
    }
    const aliases = await labelStore.aliasesOfModels([model.id]);
    const found = aliases.get(model.id)?.find(one => one.alias === alias);
    if (!found) {
      throw invalidParameter(`Registered model alias ${alias} not found.`);
    }
    return await access.versionOf(call, model, found.number);
  }

  async set(
    call: MlflowCall,
    name: string,
    alias: string,
    number: number,
  ): Promise<void> {
    checkAlias(alias, true);
    const { model, version } = await this.options.access.changeableVersion(
      call,
      name,
      number,
    );
    if (version.state === 'pending') {
      throw invalidParameter(
        `Version ${number} of ${name} is PENDING_REGISTRATION, so no alias can name it yet: ${
          version.statusMessage ?? 'it is being registered'
        }`,
      );
    }
    const { changes } = this.options.registry;
    if (version.state === 'registered') {
      await changes.setAlias(call.caller, name, alias, { version: number });
    } else {
      await changes.setBareAlias(call.caller, model, alias, number);
    }
  }

  async delete(call: MlflowCall, name: string, alias: string): Promise<void> {
    checkAlias(alias, false);
    await this.options.registry.changes.deleteAliasOf(
      call.caller,
      await this.options.access.changeable(call, name),
      alias,
    );
  }
}
