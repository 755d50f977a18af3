import { Flavor } from '../Flavor';

/** Nothing is loaded for the developer: `endpoint.ts` does it all. */
export const nodeFlavor: Flavor = {
  name: 'node',

  async load() {
    throw new Error(
      'The flavor node is endpoint code alone, and the version has none: name it under endpoint of model.yaml.',
    );
  },
};
