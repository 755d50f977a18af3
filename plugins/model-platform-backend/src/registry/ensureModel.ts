import { randomUUID } from 'node:crypto';
import { ConflictError } from '@backstage/errors';
import { Knex } from 'knex';
import { ModelRow } from './modelRows';
import { ModelFields } from './ModelStore';
import { withSuffix } from './toSlug';

const MAX_SLUG_ATTEMPTS = 1000;

/** The id of the model of this name; where there is none, it is made, not published yet. */
export async function ensureModel(
  tx: Knex.Transaction,
  model: { fields: ModelFields; slug: string; publisher: string },
  now: string,
): Promise<string> {
  const { fields } = model;
  const wanted = [fields.name, model.slug];
  const similar = await tx<ModelRow>('registry_models')
    .whereIn('name', wanted)
    .orWhereIn('slug', wanted)
    .select('id', 'name', 'slug');
  const existing = similar.find(({ name }) => name === fields.name);
  if (existing) {
    return existing.id;
  }
  if (similar.some(({ slug }) => slug === fields.name)) {
    throw new ConflictError(`The name ${fields.name} is taken`);
  }
  const id = randomUUID();
  for (let attempt = 1; attempt <= MAX_SLUG_ATTEMPTS; attempt += 1) {
    const slug = withSuffix(model.slug, attempt);
    const taken =
      attempt === 1
        ? similar.length > 0
        : await tx<ModelRow>('registry_models')
            .where({ slug })
            .orWhere({ name: slug })
            .first('id');
    if (taken) continue;
    const inserted = await tx<ModelRow>('registry_models')
      .insert({
        id,
        name: fields.name,
        slug,
        type: fields.type,
        description: fields.description,
        owner: fields.owner,
        system: fields.system,
        lifecycle: fields.lifecycle,
        visibility: fields.visibility,
        shared_with: JSON.stringify(fields.sharedWith),
        tags: JSON.stringify(fields.tags),
        created_at: now,
        created_by: model.publisher,
        updated_at: now,
        changes: 1,
      })
      .onConflict()
      .ignore()
      .returning('id');
    if (inserted.length > 0) {
      return id;
    }
  }
  throw new ConflictError(
    `No short name is left for ${fields.name}; choose another name`,
  );
}

/** Reserves the next number of the name: none means two things, even where a name is made anew. */
export async function nextNumber(
  tx: Knex.Transaction,
  name: string,
): Promise<number> {
  const [row] = await tx('registry_names')
    .insert({ name, last_number: 1 })
    .onConflict('name')
    .merge({ last_number: tx.raw('registry_names.last_number + 1') })
    .returning('last_number');
  return Number(row.last_number);
}
