import { deploymentPaths } from './deploymentPaths';
import { platformPaths } from './platformPaths';
import { registryPaths } from './registryPaths';
import { schemas } from './schemas';

/** The control plane's API. */
export const openApiDocument = {
  openapi: '3.1.0',
  info: {
    title: 'model-platform',
    version: '1',
    description:
      "The control plane of the model platform: publish, deploy, observe and govern models. MLflow's REST API lies below /mlflow and is described by MLflow.",
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/api/model-platform' }],
  security: [{ token: [] }],
  paths: Object.fromEntries([
    ...registryPaths,
    ...deploymentPaths,
    ...platformPaths,
  ]),
  components: {
    securitySchemes: {
      token: {
        type: 'http',
        scheme: 'bearer',
        description:
          "A publisher token (mpt_…), or the portal's own token of who is signed in",
      },
    },
    schemas,
  },
};
