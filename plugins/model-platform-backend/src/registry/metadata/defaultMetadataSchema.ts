type JsonSchema = Record<string, unknown>;

/** Types of models that every platform has. */
export const defaultModelTypes = ['ml', 'prompt', 'optimization', 'process'];

/** Grows with each change of the schemas below: published versions remember it. */
export const defaultSchemaVersion = '2';

const riskReason = 'Influences access to credit';

const text = (description: string, example: string, minLength = 3) => ({
  type: 'string',
  minLength,
  maxLength: 2000,
  pattern: '\\S',
  description,
  examples: [example],
});

/** What is said of every model, whatever its type. */
const common: Record<string, JsonSchema> = {
  purpose: text(
    'What the model is for, in a sentence',
    'Tells which customers may leave in the next 90 days',
  ),
  audience: text(
    'For whom: users, applications',
    'Account managers, through the CRM',
  ),
  method: text(
    'How it works: algorithm, approach',
    'Gradient boosted trees on 12 months of contract data',
  ),
  data: {
    type: 'object',
    description: 'What it was made from',
    required: ['sources', 'personalData', 'period'],
    properties: {
      sources: {
        type: 'array',
        minItems: 1,
        maxItems: 100,
        items: {
          type: 'string',
          minLength: 1,
          maxLength: 500,
          pattern: '\\S',
        },
        description: 'Where the data comes from',
        examples: [['CRM contracts']],
      },
      personalData: {
        enum: ['none', 'pseudonymised', 'yes'],
        description: 'Whether it holds personal data',
        examples: ['none'],
      },
      period: {
        type: 'string',
        minLength: 2,
        maxLength: 200,
        pattern: '\\S',
        description: 'What time the data covers',
        examples: ['2023-01 to 2024-12'],
      },
    },
    examples: [
      {
        sources: ['CRM contracts'],
        personalData: 'none',
        period: '2023-01 to 2024-12',
      },
    ],
  },
  theme: {
    type: 'string',
    minLength: 2,
    maxLength: 100,
    pattern: '\\S',
    description: 'The business theme that figures are summed up by',
    examples: ['retention'],
  },
  risk: {
    enum: ['minimal', 'limited', 'high'],
    description: 'Class of risk',
    examples: ['minimal'],
  },
};

const optional: Record<string, JsonSchema> = {
  riskReason: text(
    'Why the risk is what it is; needed where it is high',
    riskReason,
  ),
  license: {
    type: 'string',
    format: 'spdx',
    description: 'The licence that the model is under, as SPDX writes it',
    examples: ['Apache-2.0'],
  },
};

/** What a type asks for beside that. */
const ofType: Record<string, Record<string, JsonSchema>> = {
  prompt: {
    modelFamily: text(
      'The family of language models that the prompt is written for',
      'Llama 3',
      2,
    ),
    language: {
      type: 'string',
      pattern: '^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$',
      description: 'The language it is written in, as BCP 47 writes it',
      examples: ['en'],
    },
    inputVariables: {
      type: 'array',
      maxItems: 1000,
      uniqueItems: true,
      items: { type: 'string', minLength: 1, maxLength: 255 },
      description:
        'The variables to fill in; an empty list where there are none',
      examples: [['customer_name', 'question']],
    },
  },
  optimization: {
    objective: text(
      'What is made smallest or largest',
      'Least total driving time',
    ),
    solver: text('The solver that it is made for', 'HiGHS 1.7', 2),
    timeLimitSeconds: {
      type: 'number',
      exclusiveMinimum: 0,
      description: 'How long the solver may take, in seconds',
      examples: [60],
    },
  },
  process: {
    standard: text('The standard that it is written in', 'BPMN 2.0', 2),
    trigger: text('What starts it', 'A claim arrives by e-mail'),
  },
};

/** What metadata must say where nothing else is configured: JSON Schema 2020-12 of `metadata`. */
export function defaultMetadataSchema(type: string): JsonSchema {
  const special = ofType[type] ?? {};
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `Metadata of a model of type ${type}`,
    type: 'object',
    required: [...Object.keys(common), ...Object.keys(special)],
    properties: { ...common, ...special, ...optional },
    if: { properties: { risk: { const: 'high' } }, required: ['risk'] },
    then: {
      required: ['riskReason'],
      properties: {
        riskReason: {
          description: 'Why the risk is high',
          examples: [riskReason],
        },
      },
    },
  };
}
