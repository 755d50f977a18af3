/** Types of models that every platform has. */
export const defaultModelTypes = ['ml', 'prompt', 'optimization', 'process'];

const riskReason = 'Influences access to credit';

const text = (description: string, example: string) => ({
  type: 'string',
  minLength: 3,
  maxLength: 2000,
  pattern: '\\S',
  description,
  examples: [example],
});

/** What metadata must say where nothing else is configured: JSON Schema 2020-12 of `metadata`. */
export const defaultMetadataSchema: Record<string, unknown> = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Metadata of a model',
  type: 'object',
  required: ['purpose', 'audience', 'method', 'data', 'theme', 'risk'],
  properties: {
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
    riskReason: text(
      'Why the risk is what it is; needed where it is high',
      riskReason,
    ),
  },
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
