import { ResolvedVariant } from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../../canonicalJson';
import { DeployableModels } from '../models/DeployableModels';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { variantsOf } from '../revisions/RevisionResolver';

/** The person who moved an alias last, be it by a token; undefined where nobody knows. */
export type AliasMover = (
  modelId: string,
  alias: string,
) => Promise<string | undefined>;

/**
 * Persons behind what a trigger asks for: who published the versions that its
 * variants come to serve, and who moved the aliases that it follows or that name
 * them. A version that another variant serves already comes to calls that it did
 * not have. None of these persons can be the other pair of eyes.
 */
export async function requestersOf(
  deployment: DeploymentRecord,
  variants: ResolvedVariant[],
  current: ResolvedVariant[],
  sources: { models: DeployableModels; aliasMover: AliasMover },
): Promise<string[]> {
  const persons = new Set<string | undefined>();
  const served = new Set(current.map(roleOf));
  const changed = variants.filter(variant => !served.has(roleOf(variant)));
  const followed = (deployment.spec.triggers ?? []).flatMap(
    ({ onAlias }) => onAlias?.alias ?? [],
  );
  for (const { name, modelId, version: number } of changed) {
    const version = await sources.models.version(modelId, number);
    persons.add(version?.responsible ?? version?.publisher);
    for (const alias of new Set([...followed, ...selected(deployment, name)]))
      persons.add(await sources.aliasMover(modelId, alias));
  }
  return [...persons].flatMap(person => person ?? []);
}

/** What it serves, and to which calls. */
function roleOf({ name, modelId, version, weight, shadow }: ResolvedVariant) {
  return canonicalJson({ name, modelId, version, weight, shadow });
}

/** The alias that a variant is selected by, if one is. */
function selected({ spec }: DeploymentRecord, name: string): string[] {
  return variantsOf(spec).flatMap(({ name: own, version }) =>
    own === name && 'alias' in version ? [version.alias] : [],
  );
}
