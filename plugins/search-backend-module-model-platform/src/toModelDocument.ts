import { Model } from '@model-platform/plugin-model-platform-common';
import { ModelDocument } from './ModelDocument';

/** What the search finds of a model, and whom it shows it to: whoever may read the model. */
export function toModelDocument(model: Model): ModelDocument {
  const { theme, risk } = model.current ?? {};
  return {
    title: model.name,
    text: [
      model.description,
      model.slug,
      ...model.tags,
      ...textsOf(model.metadata),
    ]
      .filter(Boolean)
      .join(' · '),
    location: `/catalog/default/model/${model.slug}`,
    authorization: { resourceRef: model.id },
    slug: model.slug,
    modelType: model.type,
    lifecycle: model.lifecycle,
    owner: model.owner,
    system: model.system,
    tags: model.tags,
    ...(theme !== undefined && { theme }),
    ...(risk !== undefined && { risk }),
  };
}

/** All that is written in metadata, however deep: schemas differ by system. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  if (typeof value === 'object' && value !== null)
    return Object.values(value).flatMap(textsOf);
  return [];
}
