import {
  Model,
  simplestDeployment,
  writeYaml,
} from '@model-platform/plugin-model-platform-common';
import { ModelPlatformApi } from '@model-platform/plugin-model-platform-react';

/** Of the local platform; where it is another one, the refusal names those there are. */
const DEFAULT_ENVIRONMENT = 'local';

/** As many as a page holds. */
const MOST_OWN = 200;

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
  const list = async (query: { model?: string; system?: string }, limit = 1) =>
    (await api.listDeployments({ ...query, limit }, { signal })).items;
  const own = await list({ model: model.slug }, MOST_OWN);
  const [like] = [
    ...(await list({ system: model.system })),
    ...(await list({})),
  ];
  const { metadata, spec, ...manifest } = simplestDeployment(
    model,
    like?.environment ?? DEFAULT_ENVIRONMENT,
  );
  // Where it is another model's, the platform says so.
  const taken = new Set(own.map(({ name }) => name));
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
