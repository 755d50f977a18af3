import { Model } from '@model-platform/plugin-model-platform-common';
import { Loaded, useLoaded } from './useLoaded';

/** One model with what the reader may do with it; follows its changes. @public */
export function useModel(slug: string): Loaded<Model> {
  return useLoaded(
    `model ${slug}`,
    (api, signal) => api.getModel(slug, { signal }),
    { on: ['models'] },
  );
}
