import {
  FieldProblem,
  FileReading,
  ReadField,
  Signature,
  SignatureField,
  signatureOf,
  SignatureType,
  VersionSpec,
} from '@model-platform/plugin-model-platform-common';
import { speaksFor } from './mayBeRead';

type Side = 'inputs' | 'outputs';

/** What a signature may say of a field, by the type that the file has; as the runners serve it. */
const fitting: Record<Side, Record<SignatureType, SignatureType[]>> = {
  inputs: {
    string: ['string', 'date', 'datetime'],
    number: ['number', 'integer', 'boolean'],
    integer: ['integer', 'boolean', 'bytes'],
    boolean: ['boolean'],
    date: ['date'],
    datetime: ['datetime'],
    bytes: ['bytes'],
    object: ['object'],
  },
  outputs: {
    string: ['string', 'date', 'datetime'],
    number: ['number', 'integer'],
    integer: ['integer', 'number', 'bytes'],
    boolean: ['boolean'],
    date: ['date'],
    datetime: ['datetime'],
    bytes: ['bytes'],
    object: ['object'],
  },
};

/**
 * What a version is, with what its files say: that fills in what its publish
 * left out, and refuses by field what its publish says otherwise.
 */
export function applyReadings(
  version: VersionSpec,
  readings: FileReading[],
): { filled: Partial<VersionSpec>; problems: FieldProblem[] } {
  const filled: Partial<VersionSpec> = {};
  const evaluation = readings.find(one => one.evaluation)?.evaluation;
  if (!version.evaluation && evaluation) filled.evaluation = evaluation;
  const trainingRun = readings.find(one => one.trainingRun)?.trainingRun;
  if (!version.provenance?.trainingRun && trainingRun) {
    filled.provenance = { ...version.provenance, trainingRun };
  }
  const reading = readings.find(one => speaksFor(one, version));
  if (!reading) {
    return { filled, problems: [] };
  }
  const unserved = unservedProblems(reading);
  if (unserved.length > 0) return { filled, problems: unserved };
  const { signature } = version;
  if (signature.inputs.length > 0 || signature.outputs.length > 0) {
    return { filled, problems: contradictions(signature, reading) };
  }
  const read = signatureOf(reading);
  if (!read) {
    return {
      filled,
      problems: [
        {
          field: 'signature',
          rule: `is missing: ${
            reading.problem
              ? `${reading.path} cannot be read: ${reading.problem}`
              : `${reading.path} does not say all names and types of inputs and outputs`
          }`,
          example: {
            inputs: (reading.inputs ?? [{ name: 'contract_months' }]).map(
              ({ name = 'input', type = 'number' }) => ({ name, type }),
            ),
            outputs: [{ name: 'prediction', type: 'number' }],
          },
          source: reading.path,
        },
      ],
    };
  }
  return { filled: { ...filled, signature: read }, problems: [] };
}

function unservedProblems({ path, ...reading }: FileReading): FieldProblem[] {
  return (['inputs', 'outputs'] as const).flatMap(side =>
    (reading[side] ?? []).flatMap(({ name, unserved }) =>
      unserved
        ? [
            {
              field: `signature.${side}`,
              rule: `${name} of ${path} ${unserved}`,
              source: path,
            },
          ]
        : [],
    ),
  );
}

/** Only what no runner could serve: one tensor may well be named column by column. */
function contradictions(
  signature: Signature,
  reading: FileReading,
): FieldProblem[] {
  return [
    ...sideProblems('inputs', signature.inputs, reading),
    ...sideProblems('outputs', signature.outputs, reading),
  ];
}

function sideProblems(
  side: Side,
  given: SignatureField[],
  reading: FileReading,
): FieldProblem[] {
  const read = reading[side];
  if (!read || read.length === 0) return [];
  const byName = new Map(read.map(field => [field.name, field]));
  if (given.every(({ name }) => byName.has(name))) {
    return [
      ...given.flatMap((field, index) =>
        fieldProblems(side, field, index, byName.get(field.name), reading),
      ),
      ...(side === 'inputs' ? missingInputs(given, read, reading) : []),
    ];
  }
  const [only] = read;
  // Its columns are told by their order.
  if (
    read.length === 1 &&
    (only.name === undefined || reading.format === 'onnx')
  ) {
    const width = only.shape?.length === 1 ? only.shape[0] : -1;
    if (side === 'inputs' && width > 0 && width !== given.length) {
      return [
        {
          field: `signature.${side}`,
          rule: `must be ${width}: ${reading.path} takes ${width} columns`,
          given: given.map(({ name }) => name),
          source: reading.path,
        },
      ];
    }
    return side === 'inputs' || given.length === 1
      ? given.flatMap((field, index) =>
          fieldProblems(side, field, index, { type: only.type }, reading),
        )
      : [countProblem(side, given, read, reading)];
  }
  if (side === 'outputs') {
    return given.length > read.length
      ? [countProblem(side, given, read, reading)]
      : given.flatMap((field, index) =>
          fieldProblems(side, field, index, read[index], reading),
        );
  }
  return given.flatMap((field, index) =>
    byName.has(field.name)
      ? []
      : [
          {
            field: `signature.inputs[${index}].name`,
            rule: `is none of the inputs of ${reading.path}`,
            given: field.name,
            example: read.find(
              ({ name }) => !given.some(one => one.name === name),
            )?.name,
            source: reading.path,
          },
        ],
  );
}

function fieldProblems(
  side: Side,
  field: SignatureField,
  index: number,
  read: ReadField | undefined,
  reading: FileReading,
): FieldProblem[] {
  const type = read?.type;
  // Maps of an ONNX model are as well the tensor that they are made of.
  const isTensor = type === 'object' && side === 'outputs' && field.shape;
  if (isTensor && reading.format === 'onnx' && field.type === 'number')
    return [];
  if (!type || fitting[side][type].includes(field.type)) return [];
  return [
    {
      field: `signature.${side}[${index}].type`,
      rule: `is ${type} in ${reading.path}`,
      given: field.type,
      example: type,
      source: reading.path,
    },
  ];
}

function missingInputs(
  given: SignatureField[],
  read: ReadField[],
  reading: FileReading,
): FieldProblem[] {
  return read
    .filter(
      ({ name, optional }) =>
        !optional && !given.some(field => field.name === name),
    )
    .map(({ name, type }) => ({
      field: 'signature.inputs',
      rule: `lacks ${name}, which ${reading.path} takes`,
      given: given.map(field => field.name),
      example: { name, type: type ?? 'number' },
      source: reading.path,
    }));
}

function countProblem(
  side: Side,
  given: SignatureField[],
  read: ReadField[],
  reading: FileReading,
): FieldProblem {
  return {
    field: `signature.${side}`,
    rule: `must be at most ${read.length}: ${reading.path} has no more`,
    given: given.map(({ name }) => name),
    source: reading.path,
  };
}
