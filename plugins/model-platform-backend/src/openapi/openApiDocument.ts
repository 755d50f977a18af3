import { deploymentPaths } from './deploymentPaths';
import { deploymentSchemas } from './deploymentSchemas';
import { filePaths } from './filePaths';
import { lifePaths } from './lifePaths';
import { canarySchemas } from './canarySchemas';
import { lifeSchemas } from './lifeSchemas';
import { platformPaths } from './platformPaths';
import { registryPaths } from './registryPaths';
import { schemas } from './schemas';
import { webhookPaths } from './webhookPaths';

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
    ...filePaths,
    ...lifePaths,
    ...deploymentPaths,
    ...platformPaths,
    ...webhookPaths,
  ]),
  components: {
    securitySchemes: {
      token: {
        type: 'http',
        scheme: 'bearer',
        description:
          "A publisher token (mpt_…), the token of a configured CI system, or the portal's own token of who is signed in",
      },
    },
    schemas: {
      ...schemas,
      ...lifeSchemas,
      ...canarySchemas,
      ...deploymentSchemas,
    },
  },
};
