import { CatalogModelKindDefinition } from '@backstage/catalog-model/alpha';

/** What every kind of ours that somebody owns shows of its owner. */
export const ownerField = {
  selector: { path: 'spec.owner' },
  relation: 'ownedBy',
  defaultKind: 'Group',
  defaultNamespace: 'inherit' as const,
  allowedKinds: ['Group', 'User'],
};

/** The system is the unit of segregation, and so always a system. */
export const systemField = {
  selector: { path: 'spec.system' },
  relation: 'partOf',
  defaultKind: 'System',
  defaultNamespace: 'inherit' as const,
  allowedKinds: ['System'],
};

/** Kind `Model`; its entities come from the registry, never from a file. */
export const modelKind: CatalogModelKindDefinition = {
  group: 'model-platform.io',
  names: { kind: 'Model', singular: 'model', plural: 'models' },
  description:
    'A model that the platform keeps in versions: a machine learning model, a prompt, an optimization model or a process model. It says what it is for, for whom, how it works, on which data, and with which risk; applications call it through the APIs it provides.',
  versions: [
    {
      name: 'v1alpha1',
      relationFields: [
        ownerField,
        systemField,
        {
          selector: { path: 'spec.providesApis' },
          relation: 'providesApi',
          defaultKind: 'API',
          defaultNamespace: 'inherit',
          allowedKinds: ['API'],
        },
      ],
      schema: {
        jsonSchema: {
          type: 'object',
          required: ['spec'],
          properties: {
            spec: {
              type: 'object',
              required: ['type', 'lifecycle', 'owner', 'system', 'visibility'],
              properties: {
                type: {
                  type: 'string',
                  minLength: 1,
                  description:
                    'ml, prompt, optimization, process, or a type that the configuration adds.',
                  examples: ['ml', 'prompt', 'optimization', 'process'],
                },
                lifecycle: {
                  type: 'string',
                  enum: ['experimental', 'production', 'deprecated'],
                },
                owner: {
                  type: 'string',
                  minLength: 1,
                  description: 'Entity ref of the group that answers for it.',
                },
                system: {
                  type: 'string',
                  minLength: 1,
                  description: 'Entity ref of the system it belongs to.',
                },
                visibility: {
                  type: 'string',
                  enum: ['system', 'everyone'],
                  description:
                    'Who may see it: its own system and whom it is shared with, or everyone who is signed in.',
                },
                sharedWith: {
                  type: 'array',
                  items: { type: 'string', minLength: 1 },
                  description:
                    'Entity refs of other systems and groups that may read it.',
                },
                slug: {
                  type: 'string',
                  description: 'DNS label of the model: its path in URLs.',
                },
                version: {
                  type: 'integer',
                  minimum: 1,
                  description:
                    'Number of the version whose facts these are: the champion, else the newest.',
                },
                purpose: {
                  type: 'string',
                  description: 'What it is for, in a sentence.',
                },
                audience: {
                  type: 'string',
                  description: 'For whom: users, applications.',
                },
                method: {
                  type: 'string',
                  description: 'How: algorithm, approach.',
                },
                data: {
                  type: 'object',
                  description: 'On which data it was made.',
                  properties: {
                    sources: { type: 'array', items: { type: 'string' } },
                    personalData: {
                      type: 'string',
                      examples: ['none', 'pseudonymised', 'yes'],
                    },
                    period: { type: 'string' },
                  },
                },
                theme: {
                  type: 'string',
                  description: 'Field of the business it serves.',
                },
                risk: {
                  type: 'string',
                  examples: ['minimal', 'limited', 'high'],
                },
                providesApis: {
                  type: 'array',
                  items: { type: 'string', minLength: 1 },
                  description: 'APIs of its endpoints.',
                },
              },
            },
          },
        },
      },
    },
  ],
};
