import { WireSignatureField } from '@model-platform/model-wire';
import { AnswerSchema } from './AnswerSchema';

type Kind = Pick<WireSignatureField, 'type'> & {
  isList?: boolean;
  optional?: boolean;
};

/** Outputs that tell of the call; all others are of the answer. */
const ofTheCall: Record<string, Kind> = {
  completed: { type: 'boolean' },
  rendered: { type: 'object', isList: true, optional: true },
  finishReason: { type: 'string', optional: true },
  usage: { type: 'object', optional: true },
};

/** The outputs of a signature that the language model's answer gives. */
export function answerOutputs(
  outputs: WireSignatureField[],
): WireSignatureField[] {
  return outputs.filter(({ name }) => !Object.hasOwn(ofTheCall, name));
}

/** Where the outputs of a signature do not fit what a prompt answers. */
export function outputProblems(
  outputs: WireSignatureField[],
  schema: AnswerSchema | undefined,
): string[] {
  const answers = answerOutputs(outputs);
  return [
    ...outputs.flatMap(problemOfTheCall),
    ...(schema
      ? answers.flatMap(output => problemOfSchema(output, schema))
      : problemsOfText(answers)),
  ];
}

function problemOfTheCall(output: WireSignatureField): string[] {
  const { name, type, shape, optional } = output;
  const kind = Object.hasOwn(ofTheCall, name) && ofTheCall[name];
  if (!kind) return [];
  if (type !== kind.type || shape?.length !== (kind.isList ? 1 : undefined))
    return [
      `output '${name}' must be of type ${kind.type}${
        kind.isList ? ' with shape [-1]' : ''
      }`,
    ];
  return kind.optional && !optional
    ? [`output '${name}' must be optional`]
    : [];
}

function problemsOfText(answers: WireSignatureField[]): string[] {
  const [answer] = answers;
  return answers.length === 1 && answer.type === 'string' && !answer.shape
    ? []
    : [
        `a prompt without outputSchema has one output of type string for its answer, beside ${Object.keys(
          ofTheCall,
        ).join(', ')}`,
      ];
}

function problemOfSchema(
  { name, type, shape, optional }: WireSignatureField,
  schema: AnswerSchema,
): string[] {
  const property = Object.hasOwn(schema.properties, name)
    ? schema.properties[name]
    : undefined;
  if (!property)
    return [
      `output '${name}' is no property of outputSchema (${Object.keys(
        schema.properties,
      ).join(', ')})`,
    ];
  const wanted = shape ? 'array' : type;
  const given = [property.type].flat().filter(one => one !== 'null');
  const fits = (one: unknown) =>
    one === wanted || (one === 'integer' && wanted === 'number');
  // What the schema says in other ways is its own affair.
  if (property.type !== undefined && !given.every(fits))
    return [
      `output '${name}' is of type ${wanted}, in outputSchema of ${given.join(
        ' or ',
      )}`,
    ];
  const mayLack =
    !schema.required.includes(name) || [property.type].flat().includes('null');
  return mayLack && !optional
    ? [
        `output '${name}' must be optional, as an answer may fit outputSchema without it`,
      ]
    : [];
}
