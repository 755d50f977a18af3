import {
  ANNOTATION_LOCATION,
  ANNOTATION_ORIGIN_LOCATION,
} from '@backstage/catalog-model';
import {
  ANNOTATION_MODEL_ID,
  Endpoint,
  MODEL_PLATFORM_API_VERSION,
  Model,
  ModelEntity,
  toSystemRef,
} from '@model-platform/plugin-model-platform-common';
import { toTags } from './toTags';

/** Where entities made from the registry say they come from. */
export const MODELS_LOCATION = 'model-platform:models';

/**
 * The catalog's entity of a model and the endpoints that serve it. Only what
 * people write is in it, nothing that changes by itself.
 */
export function toModelEntity(
  model: Model,
  endpoints: Endpoint[],
): ModelEntity {
  const sorted = [...endpoints].sort((a, b) => a.name.localeCompare(b.name));
  const metadata = model.metadata ?? {};
  return {
    apiVersion: MODEL_PLATFORM_API_VERSION,
    kind: 'Model',
    metadata: {
      name: model.slug,
      title: model.name,
      description: model.description,
      tags: toTags(model.tags),
      annotations: {
        [ANNOTATION_LOCATION]: MODELS_LOCATION,
        [ANNOTATION_ORIGIN_LOCATION]: MODELS_LOCATION,
        [ANNOTATION_MODEL_ID]: model.id,
      },
      // An endpoint that never ran has no address yet.
      links: sorted
        .filter(endpoint => endpoint.url)
        .map(endpoint => ({
          url: `${endpoint.url}/docs`,
          title: `Try endpoint ${endpoint.name}`,
          icon: 'docs',
        })),
    },
    spec: withoutUndefined({
      type: model.type,
      lifecycle: model.lifecycle,
      owner: model.owner,
      system: toSystemRef(model.system),
      visibility: model.visibility,
      sharedWith:
        model.sharedWith.length > 0 ? [...model.sharedWith].sort() : undefined,
      slug: model.slug,
      version: model.current?.number,
      purpose: toText(metadata.purpose),
      audience: toText(metadata.audience),
      method: toText(metadata.method),
      data: toData(metadata.data),
      theme: toText(metadata.theme),
      risk: toText(metadata.risk),
      providesApis:
        sorted.length > 0
          ? sorted.map(endpoint => `api:default/${endpoint.name}`)
          : undefined,
    }),
  };
}

/** Schemas of metadata differ by system: a fact may be a text, a list, or an object with a reason. */
function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  if (Array.isArray(value))
    return value.map(toText).filter(Boolean).join(', ') || undefined;
  if (typeof value === 'object' && value !== null && 'level' in value)
    return toText(value.level);
  return undefined;
}

function toData(value: unknown): ModelEntity['spec']['data'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return undefined;
  const facts = value as Record<string, unknown>;
  const listed = Array.isArray(facts.sources) ? facts.sources : [facts.sources];
  const sources = listed.map(toText).filter(text => text !== undefined);
  return withoutUndefined({
    sources: sources.length > 0 ? sources : undefined,
    personalData: toText(facts.personalData),
    period: toText(facts.period),
  });
}

/** Entities are JSON: a key with `undefined` would be a change where there is none. */
function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as T;
}
