import { ConfigReader } from '@backstage/config';
import { MetadataSchemas } from './MetadataSchemas';

const catalog = ['group:default/crm', 'resource:default/contracts'];
const hasEntity = async (ref: string) => catalog.includes(ref);

function schemas(entries: object[] = [], modelTypes: string[] = []) {
  return MetadataSchemas.fromConfig(
    new ConfigReader({
      modelPlatform: { metadataSchemas: entries, modelTypes },
    }),
  );
}

/** Problems of one property `x` under a schema of its own. */
async function problemsOf(schema: object, value: unknown, root: object = {}) {
  const own = schemas([
    {
      type: 'ml',
      name: 'rules',
      schema: { type: 'object', properties: { x: schema }, ...root },
    },
  ]);
  return await own.check('ml', undefined, { x: value }, hasEntity);
}

const complete = {
  purpose: 'Tells species of iris by their measures',
  audience: 'Visitors of the greenhouse',
  method: 'Random forest',
  data: { sources: ['Herbarium'], personalData: 'none', period: '1936' },
  theme: 'species-recognition',
  risk: 'minimal',
};

describe('MetadataSchemas', () => {
  it.each([
    [{ type: 'integer' }, 'two', 'must be a whole number'],
    [{ type: ['string', 'array'] }, 2, 'must be text or a list'],
    [{ enum: ['low', 2] }, 'high', 'must be one of low, 2'],
    [{ const: true }, false, 'must be true'],
    [{ minLength: 1 }, '', 'must have at least 1 character'],
    [{ maxLength: 2 }, 'abc', 'must have at most 2 characters'],
    [{ pattern: '\\S' }, ' ', 'must not be blank'],
    [{ pattern: '^a' }, 'b', 'must match ^a'],
    [{ format: 'date' }, '31.12.2024', 'must be a date (YYYY-MM-DD)'],
    [{ format: 'email' }, 'crm', 'must be an e-mail address'],
    [
      { format: 'spdx' },
      'Apache 2',
      'must be a licence as SPDX writes it (https://spdx.org/licenses)',
    ],
    [{ minimum: 3 }, 2, 'must be at least 3'],
    [{ maximum: 3 }, 4, 'must be at most 3'],
    [{ exclusiveMinimum: 0 }, 0, 'must be greater than 0'],
    [{ exclusiveMaximum: 1 }, 1, 'must be less than 1'],
    [{ multipleOf: 5 }, 7, 'must be a multiple of 5'],
    [{ minItems: 2 }, [1], 'must have at least 2 entries'],
    [{ maxItems: 1 }, [1, 2], 'must have at most 1 entry'],
    [
      { uniqueItems: true },
      ['a', 'b', 'a'],
      'must not have the same entry twice (entries 0 and 2)',
    ],
    [{ prefixItems: [{}], items: false }, [1, 2], 'must have at most 1 entry'],
    [
      { prefixItems: [{}], unevaluatedItems: false },
      [1, 2],
      'must have at most 1 entry',
    ],
    [
      { contains: { type: 'integer', minimum: 5 } },
      [1, 'a'],
      'must have at least 1 entry that are: a whole number, at least 5',
    ],
    [
      { contains: { const: 'a' }, minContains: 1, maxContains: 1 },
      ['a', 'a'],
      'must have 1 to 1 entry that is: a',
    ],
    [{ minProperties: 1 }, {}, 'must have at least 1 field'],
    [{ maxProperties: 1 }, { a: 1, b: 2 }, 'must have at most 1 field'],
    [{ not: { const: 'x' } }, 'x', 'must not be x'],
    [
      { anyOf: [{ type: 'integer' }, { enum: ['none', 'all'] }] },
      'some',
      'must be (a whole number) or (none or all)',
    ],
    [
      {
        oneOf: [
          { title: 'a period', type: 'string' },
          { type: 'object', required: ['from'] },
        ],
      },
      5,
      'must be (a period) or (an object, with from)',
    ],
    [
      { oneOf: [{ type: 'integer' }, { type: 'number' }] },
      5,
      'must be only one of these, and is several: (a whole number) or (a number)',
    ],
    [false, 1, 'must not be given here'],
  ])('says what %j asks for', async (schema, value, rule) => {
    expect(await problemsOf(schema as object, value)).toEqual([
      expect.objectContaining({
        field: 'metadata.x',
        rule,
        given: value,
        source: 'rules, version 1',
      }),
    ]);
  });

  it('names the field that a rule of an object is about', async () => {
    const schema = {
      type: 'object',
      additionalProperties: false,
      properties: {
        from: { type: 'string', format: 'date', description: 'First day' },
        to: { type: 'string' },
      },
      dependentRequired: { to: ['from'] },
    };
    expect(await problemsOf(schema, { to: 'now', until: 3 })).toEqual([
      {
        field: 'metadata.x.until',
        rule: 'is not known',
        given: 3,
        source: 'rules, version 1',
      },
      {
        field: 'metadata.x.from',
        rule: 'is missing, and needed where to is given: First day',
        example: '2024-12-31',
        source: 'rules, version 1',
      },
    ]);
    expect(
      await problemsOf({ propertyNames: { pattern: '^[a-z]+$' } }, { A1: 1 }),
    ).toMatchObject([
      {
        field: 'metadata.x.A1',
        rule: 'has a name that does not do: it must match ^[a-z]+$',
        given: 'A1',
      },
    ]);
    expect(
      await problemsOf(
        { allOf: [{ properties: { a: {} } }], unevaluatedProperties: false },
        { a: 1, b: 2 },
      ),
    ).toMatchObject([
      { field: 'metadata.x.b', rule: 'is not known', given: 2 },
    ]);
    const conditional = {
      properties: { kind: { enum: ['a', 'b'] }, why: { examples: ['since'] } },
      if: { properties: { kind: { const: 'b' } } },
      then: { required: ['why'] },
      dependentSchemas: { other: { required: ['kind'] } },
    };
    expect(
      await problemsOf(conditional, { kind: 'b', other: 1 }),
    ).toMatchObject([
      { field: 'metadata.x.why', rule: 'is missing', example: 'since' },
    ]);
  });

  it('says of a choice what would do, not why each branch fails', async () => {
    const defs = {
      $defs: {
        period: { title: 'a period', type: 'object', required: ['from', 'to'] },
      },
    };
    expect(
      await problemsOf(
        { anyOf: [{ $ref: '#/$defs/period' }, { type: 'string' }] },
        { from: 1 },
        defs,
      ),
    ).toMatchObject([
      { field: 'metadata.x', rule: 'must be (a period) or (text)' },
    ]);
  });

  it('tells so many errors as anybody would mend, and takes no book for metadata', async () => {
    const all = await problemsOf(
      { type: 'array', items: { anyOf: [{ type: 'string' }, { const: 1 }] } },
      Array.from({ length: 20_000 }, () => 0),
    );
    expect(all.length).toBeLessThan(250);
    expect(all[0]).toMatchObject({ field: 'metadata.x[0]' });
    expect(all).toContainEqual(
      expect.objectContaining({
        field: 'metadata',
        rule: 'has 60000 errors; the first 200 are told',
      }),
    );
    expect(
      await schemas().check(
        'ml',
        undefined,
        { ...complete, notes: 'x'.repeat(300_000) },
        hasEntity,
      ),
    ).toMatchObject([
      {
        field: 'metadata',
        rule: expect.stringContaining('at most 262144 bytes'),
      },
    ]);
  });

  it('looks refs up in the catalog, and takes URLs for data', async () => {
    const list = (format: string) => ({
      items: { type: 'string', format },
    });
    expect(
      await problemsOf(list('entity-ref'), [
        'group:crm',
        'group:default/gone',
        'no ref',
      ]),
    ).toEqual([
      {
        field: 'metadata.x[1]',
        rule: 'must be the ref of an entity that is in the catalog (kind:namespace/name)',
        given: 'group:default/gone',
        example: 'group:default/crm',
        source: 'rules, version 1',
      },
      expect.objectContaining({ field: 'metadata.x[2]', given: 'no ref' }),
    ]);
    expect(
      await problemsOf(list('data-source'), [
        'https://doi.org/10.24432/C56C76',
        's3://lake/contracts',
        'resource:contracts',
        'resource:gone',
        'CRM contracts',
      ]),
    ).toMatchObject([
      { field: 'metadata.x[3]', given: 'resource:gone' },
      { field: 'metadata.x[4]', given: 'CRM contracts' },
    ]);
    const asked: string[] = [];
    const many = await schemas([
      { type: 'ml', schema: { properties: { x: list('entity-ref') } } },
    ]).check(
      'ml',
      undefined,
      { x: Array.from({ length: 501 }, (_, i) => `group:g${i}`) },
      async ref => asked.push(ref) > 0,
    );
    expect(many).toMatchObject([{ rule: 'must name at most 500 entities' }]);
    expect(asked).toEqual([]);
  });

  it('asks of each type for what makes it usable', async () => {
    const platform = schemas([], ['simulation']);
    const missing = async (type: string) =>
      (await platform.check(type, undefined, complete, hasEntity)).map(
        ({ field, example }) => [field, example],
      );
    expect(await missing('ml')).toEqual([]);
    expect(await missing('simulation')).toEqual([]);
    expect(await missing('prompt')).toEqual([
      ['metadata.modelFamily', 'Llama 3'],
      ['metadata.language', 'en'],
      ['metadata.inputVariables', ['customer_name', 'question']],
    ]);
    expect(await missing('optimization')).toEqual([
      ['metadata.objective', 'Least total driving time'],
      ['metadata.solver', 'HiGHS 1.7'],
      ['metadata.timeLimitSeconds', 60],
    ]);
    expect(await missing('process')).toEqual([
      ['metadata.standard', 'BPMN 2.0'],
      ['metadata.trigger', 'A claim arrives by e-mail'],
    ]);
    expect(
      await platform.check(
        'prompt',
        undefined,
        {
          ...complete,
          modelFamily: 'Llama 3',
          language: '?',
          inputVariables: [],
          license: 'MIT OR nothing',
          risk: 'high',
        },
        hasEntity,
      ),
    ).toMatchObject([
      {
        field: 'metadata.riskReason',
        rule: 'is missing: Why the risk is high',
        example: 'Influences access to credit',
      },
      { field: 'metadata.language', given: '?' },
      { field: 'metadata.license', example: 'Apache-2.0' },
    ]);
    expect(() => platform.get('theorem')).toThrow(
      "There is no type of model 'theorem'",
    );
  });

  it('replaces and extends, for all systems or some', async () => {
    const costCentre = {
      required: ['costCentre'],
      properties: { costCentre: { type: 'string', examples: ['4711'] } },
    };
    const configured = schemas([
      {
        type: '*',
        mode: 'extend',
        name: 'finance',
        version: '3',
        schema: costCentre,
      },
      {
        type: 'ml',
        name: 'care',
        systems: ['system:default/patient-care'],
        schema: { required: ['approval'] },
      },
      {
        type: 'ml',
        mode: 'extend',
        name: 'care-extra',
        systems: ['patient-care'],
        schema: {
          $defs: { long: { minLength: 20 } },
          properties: { purpose: { $ref: '#/$defs/long' } },
        },
      },
    ]);
    const check = (system: string | undefined, metadata: object) =>
      configured.check('ml', system, metadata, hasEntity);
    expect(await check('plant-catalogue', complete)).toEqual([
      {
        field: 'metadata.costCentre',
        rule: 'is missing',
        example: '4711',
        source: 'finance, version 3',
      },
    ]);
    expect(await check('patient-care', { purpose: 'short' })).toMatchObject([
      { field: 'metadata.approval', source: 'care, version 1' },
      { field: 'metadata.costCentre', source: 'finance, version 3' },
      { field: 'metadata.purpose', source: 'care-extra, version 1' },
    ]);
    expect(
      configured.refsOf('ml', 'patient-care').map(({ name }) => name),
    ).toEqual(['care', 'finance', 'care-extra']);
    expect(configured.refsOf('prompt', 'patient-care')).toMatchObject([
      { name: 'platform', version: '2' },
      { name: 'finance', version: '3' },
    ]);

    // What is served as one schema is a schema that says the same.
    const served = schemas([
      { type: 'ml', schema: configured.get('ml', 'patient-care').schema },
    ]);
    expect(
      (await served.check('ml', undefined, { purpose: 'short' }, hasEntity))
        .map(({ field }) => field)
        .sort(),
    ).toEqual(['metadata.approval', 'metadata.costCentre', 'metadata.purpose']);

    // The digest follows the content.
    const other = schemas([
      { type: '*', mode: 'extend', name: 'finance', version: '3', schema: {} },
    ]);
    const place = ['ml', 'plant-catalogue'] as const;
    expect(other.get(...place).digest).not.toBe(
      configured.get(...place).digest,
    );
    expect(schemas().get(...place).digest).toBe(
      schemas().get('ml', 'elsewhere').digest,
    );
  });

  it.each([
    [[{ type: 'ml' }], 'metadataSchemas[0] has no schema'],
    [[{ type: 'ml', file: '/nowhere.yaml' }], 'metadataSchemas[0].file'],
    [[{ type: 'ml', schema: { type: 'nothing' } }], 'is not valid'],
    [
      [{ type: 'ml', name: 'a', schema: { format: 'semver' } }],
      'The metadata schema a is not valid: unknown format "semver"',
    ],
    [[{ type: 'ml', mode: 'merge', schema: {} }], "mode is 'merge'"],
    [[{ type: '*', schema: {} }], 'mode: extend'],
  ])('refuses the configuration %j', (entries, message) => {
    expect(() => schemas(entries)).toThrow(message);
  });
});
