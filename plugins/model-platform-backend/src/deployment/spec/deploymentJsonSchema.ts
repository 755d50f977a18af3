import { z } from 'zod';
import { deploymentSpecSchema } from './parseDeploymentSpec';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** Made of what checks a spec when it is applied; rules between fields are checked there alone. */
export function deploymentSpecJsonSchema(): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(deploymentSpecSchema, {
    io: 'input',
    target: 'draft-2020-12',
  });
  return schema;
}

/** JSON Schema 2020-12 of a `model-deployment.yaml`, for editors. */
export function deploymentJsonSchema(): object {
  return {
    $schema: DIALECT,
    $id: 'urn:model-platform:model-deployment',
    title: 'ModelDeployment',
    description:
      'A deployment of a model as code: the endpoint of the same name, and which versions answer it.',
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    properties: {
      apiVersion: { const: 'model-platform.io/v1alpha1' },
      kind: { const: 'ModelDeployment' },
      metadata: {
        type: 'object',
        required: ['name'],
        properties: {
          name: {
            type: 'string',
            description: 'Of the endpoint, too.',
            maxLength: 40,
            pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
          },
        },
      },
      spec: deploymentSpecJsonSchema(),
    },
  };
}
