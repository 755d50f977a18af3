import { WireSignatureField } from '@model-platform/model-wire';
import { Flavor, Row } from '../Flavor';
import { variablesOf } from '../solving/Solution';
import { solvedModel } from '../solving/solvedModel';
import { SolverPool } from '../solving/SolverPool';
import { parametersOf } from '../solving/timeLimits';
import { MinizincField, MinizincModel } from './MinizincModel';

/** Constraint models, by MiniZinc and the solvers that it carries: `https://www.minizinc.org`. */
export const minizincFlavor: Flavor = {
  name: 'minizinc',

  async load(manifest, directory, context) {
    const pool = new SolverPool('minizinc', false);
    const [model] = await Promise.all([
      MinizincModel.read(pool, directory, manifest.files),
      pool.start(),
    ]);
    const { input, output } = await model.describe();
    const parameters = parametersOf(manifest.signature.inputs);
    const problems = [
      ...parameters.map(field => inputProblem(field, input[field.name])),
      ...variablesOf(manifest.signature.outputs).map(field =>
        outputProblem(field, output[field.name]),
      ),
      ...Object.entries(input)
        .filter(
          ([name, { optional }]) =>
            !optional && !parameters.some(field => field.name === name),
        )
        .map(
          ([name]) =>
            `parameter '${name}' of the model is no input, and no data file gives it`,
        ),
    ].filter(Boolean);
    if (problems.length > 0)
      throw new Error(
        `The signature does not fit the model: ${problems.join('; ')}.`,
      );
    return solvedModel(
      manifest,
      context,
      pool,
      'minizinc',
      async (row, limitMs) =>
        await model.solve(toData(row, parameters, input), limitMs),
    );
  },
};

/** As MiniZinc reads it from JSON. */
function toData(
  row: Row,
  fields: WireSignatureField[],
  described: Record<string, MinizincField>,
): Record<string, unknown> {
  return Object.fromEntries(
    fields.map(({ name }) => [
      name,
      described[name].set && !described[name].dim
        ? { set: row[name] }
        : row[name],
    ]),
  );
}

const fitting: Record<string, Array<WireSignatureField['type']>> = {
  // Members of an enumeration go by their names.
  int: ['integer', 'string'],
  float: ['number', 'integer'],
  bool: ['boolean'],
  string: ['string'],
};

function describe({ type, dim = 0, set }: MinizincField): string {
  return `${'array of '.repeat(dim)}${set ? 'set of ' : ''}${type}`;
}

function fits(
  field: WireSignatureField,
  there: MinizincField,
  types: Array<WireSignatureField['type']> | undefined,
): boolean {
  const dimensions = (there.dim ?? 0) + (there.set ? 1 : 0);
  return (
    Boolean(types?.includes(field.type)) &&
    (field.shape?.length ?? 0) === dimensions &&
    !(there.set && there.dim)
  );
}

function inputProblem(
  field: WireSignatureField,
  there: MinizincField | undefined,
): string | undefined {
  const { name, type, shape } = field;
  if (!there)
    return `input '${name}' is no parameter of the model, or a data file gives it already`;
  if (!fits(field, there, fitting[there.type]))
    return `input '${name}' is of type ${type}${
      shape ? ` of shape [${shape}]` : ''
    }, but ${describe(there)} in the model`;
  if (field.optional && field.default === undefined && !there.optional)
    return `input '${name}' is optional, but the model needs it: give it a default`;
  return undefined;
}

function outputProblem(
  field: WireSignatureField,
  there: MinizincField | undefined,
): string | undefined {
  const { name, type, shape } = field;
  if (!there) return `output '${name}' is no variable that the model gives`;
  const types: Array<WireSignatureField['type']> =
    there.type === 'int'
      ? ['integer', 'number', 'string']
      : fitting[there.type].filter(one => one !== 'integer');
  return fits(field, there, types)
    ? undefined
    : `output '${name}' is of type ${type}${
        shape ? ` of shape [${shape}]` : ''
      }, but ${describe(there)} in the model`;
}
