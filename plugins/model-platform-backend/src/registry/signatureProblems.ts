import {
  FieldProblem,
  VersionSpec,
} from '@model-platform/plugin-model-platform-common';

/** Where a signature contradicts itself, or the example it. */
export function signatureProblems(
  version: Pick<VersionSpec, 'signature' | 'example'>,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const side of ['inputs', 'outputs'] as const) {
    if (version.signature[side].length === 0) {
      problems.push({
        field: `signature.${side}`,
        rule: `must name at least one ${side.slice(0, -1)}`,
        given: [],
        example: [
          side === 'inputs'
            ? { name: 'contract_months', type: 'integer' }
            : { name: 'probability', type: 'number' },
        ],
        source: 'platform',
      });
    }
    const seen = new Set<string>();
    for (const [index, field] of version.signature[side].entries()) {
      const path = `signature.${side}[${index}]`;
      if (seen.has(field.name)) {
        problems.push({
          field: `${path}.name`,
          rule: 'is named twice',
          given: field.name,
          source: 'platform',
        });
      }
      seen.add(field.name);
      if (
        field.minimum !== undefined &&
        field.maximum !== undefined &&
        field.minimum > field.maximum
      ) {
        problems.push({
          field: `${path}.minimum`,
          rule: `is greater than the maximum ${field.maximum}`,
          given: field.minimum,
          source: 'platform',
        });
      }
    }
  }
  if (version.example) {
    const inputs = version.signature.inputs;
    for (const key of Object.keys(version.example)) {
      if (!inputs.some(input => input.name === key)) {
        problems.push({
          field: `example.${key}`,
          rule: 'is no input of the signature',
          given: version.example[key],
          example: inputs[0]?.name,
          source: 'platform',
        });
      }
    }
    for (const input of inputs) {
      if (
        !input.optional &&
        input.default === undefined &&
        !Object.hasOwn(version.example, input.name)
      ) {
        problems.push({
          field: `example.${input.name}`,
          rule: 'is missing: the example must be one that the endpoint answers',
          source: 'platform',
        });
      }
    }
  }
  return problems;
}
