/** A JSON object of the document. */
export type OpenApiObject = Record<string, unknown>;

const refusals = {
  '400': 'Malformed, or against a rule; `error.problems` names each field',
  '401': 'No token, or one that is not valid any more',
  '403': 'A right is missing; the message says which, and who can give it',
  '404': 'Not there, or not to be seen by the caller',
};

/** A reference to one of the document's schemas. */
export function schemaRef(name: string): OpenApiObject {
  return { $ref: `#/components/schemas/${name}` };
}

/** A page of a list. */
export function pageOf(name: string): OpenApiObject {
  return {
    type: 'object',
    required: ['items'],
    properties: {
      items: { type: 'array', items: schemaRef(name) },
      nextCursor: { type: 'string', description: 'Absent on the last page' },
      totalItems: { type: 'integer' },
    },
  };
}

/** A parameter of the query; text where no schema is given. */
export function query(
  name: string,
  description: string,
  schema: OpenApiObject = { type: 'string' },
): OpenApiObject {
  return { in: 'query', name, description, schema };
}

/** A header of the request. */
export function header(name: string, description: string): OpenApiObject {
  return { in: 'header', name, description, schema: { type: 'string' } };
}

/** Parameters of every list. */
export const paging = [
  query('limit', 'Items on a page; 50 where absent, 200 at most', {
    type: 'integer',
    minimum: 1,
  }),
  query('cursor', '`nextCursor` of the page before'),
];

export const ifMatch = header(
  'If-Match',
  'ETag that it was read with; refused with 409 where it changed since, or is gone',
);

export const ifNoneMatch = header(
  'If-None-Match',
  '`*`: only where there is none yet; refused with 409 where there is one',
);

export interface OperationOptions {
  summary: string;
  description?: string;
  parameters?: OpenApiObject[];
  /** Schema of a JSON body. */
  body?: OpenApiObject;
  /** Content of a body that is no JSON. */
  content?: OpenApiObject;
  /** Of the successful answers, by status; `undefined` for one without content. */
  answers: Record<string, OpenApiObject | undefined>;
  /** Content of the successful answers, where they are no JSON. */
  answerType?: string;
  conflict?: string;
  tooLarge?: boolean;
  /** Sends bytes to the store of files, or has them read. */
  stores?: boolean;
  /** Answers parts of its content (RFC 9110, ranges). */
  ranges?: boolean;
  open?: boolean;
}

/** Whether a request may leave the body out: nothing in it has to be there. */
const isOptional = (body?: OpenApiObject) =>
  body?.type === 'object' && !(body.required as string[] | undefined)?.length;

/** One operation, with the refusals that all of them have. */
export function operation(
  operationId: string,
  tag: string,
  options: OperationOptions,
): OpenApiObject {
  const responses: OpenApiObject = {};
  for (const [status, schema] of Object.entries(options.answers)) {
    responses[status] = {
      description: options.summary,
      ...(schema
        ? {
            content: { [options.answerType ?? 'application/json']: { schema } },
          }
        : {}),
    };
  }
  const failures: Record<string, string> = options.open
    ? { '404': refusals['404'] }
    : { ...refusals };
  if (options.conflict) failures['409'] = options.conflict;
  if (options.tooLarge || options.body)
    failures['413'] = 'Larger than is taken';
  if (options.stores) {
    failures['503'] = 'The store of files cannot be reached; try again';
    failures['507'] = 'The store of files is full; nothing was kept';
  }
  for (const [status, description] of Object.entries(failures)) {
    responses[status] = {
      description,
      content: { 'application/json': { schema: schemaRef('Error') } },
    };
  }
  if (options.ranges)
    responses['416'] = { description: 'The content has no such range' };
  const content = options.body
    ? { 'application/json': { schema: options.body } }
    : options.content;
  return {
    operationId,
    tags: [tag],
    summary: options.summary,
    ...(options.description ? { description: options.description } : {}),
    ...(options.parameters ? { parameters: options.parameters } : {}),
    ...(content
      ? { requestBody: { required: !isOptional(options.body), content } }
      : {}),
    ...(options.open ? { security: [] } : {}),
    responses,
  };
}

/** What parameters in paths may be; any text where nothing is said here. */
const pathParameters: Record<string, OpenApiObject> = {
  digest: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
  part: { type: 'integer', minimum: 1 },
};

/** A path with the parameters that stand in it. */
export function path(
  template: string,
  operations: OpenApiObject,
): [string, OpenApiObject] {
  const parameters = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    in: 'path',
    name,
    required: true,
    schema: pathParameters[name] ?? { type: 'string' },
  }));
  return [
    template,
    parameters.length > 0 ? { parameters, ...operations } : operations,
  ];
}
