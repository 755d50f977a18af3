import {
  Model,
  simplestDeployment,
  writeYaml,
} from '@model-platform/plugin-model-platform-common';
import { ModelPlatformApi } from '@model-platform/plugin-model-platform-react';

/** Of the local platform; where it is another one, the refusal names those there are. */
const DEFAULT_ENVIRONMENT = 'local';

/** Either is followed by itself. */
const CHAMPION = {
  variants: [{ name: 'main', version: { alias: 'champion' } }],
  triggers: [{ onAlias: { alias: 'champion' } }],
};
const NEWEST = { variants: [{ name: 'main', version: { latest: true } }] };

/**
 * A document to begin with: the champion, or else the newest version, where
 * the model's system is deployed already, under a name that is not taken.
 */
export async function newDeployment(
  api: ModelPlatformApi,
  model: Model,
  signal: AbortSignal,
): Promise<string> {
  const { items } = await api.listDeployments({ limit: 100 }, { signal });
  const environment = (
    items.find(({ system }) => system === model.system) ?? items[0]
  )?.environment;
  const { metadata, spec, ...manifest } = simplestDeployment(
    model,
    environment ?? DEFAULT_ENVIRONMENT,
  );
  const taken = new Set(items.map(({ name }) => name));
  let { name } = metadata;
  for (let number = 2; taken.has(name); number += 1) {
    name = `${metadata.name.slice(0, 36).replace(/-+$/, '')}-${number}`;
  }
  return writeYaml({
    ...manifest,
    metadata: { name },
    spec: { ...spec, ...(model.aliases.champion ? CHAMPION : NEWEST) },
  });
}
