import { lineProblems, valueProblems } from '../signature';
import {
  FieldProblem,
  SignatureField,
  SignatureType,
  VersionSpec,
} from '../types';

/** Where a signature contradicts itself, or the example it. @public */
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
      problems.push(...fieldProblems(field, path));
    }
  }
  if (version.example) {
    const { signature, example } = version;
    problems.push(
      ...lineProblems(signature, example, 'example').map(
        ({ path, message }): FieldProblem => ({
          field: path,
          rule: `${message}: the example must be one that the endpoint answers`,
          source: 'platform',
        }),
      ),
    );
  }
  return problems;
}

/** Types that have an order, and so a smallest and a largest value. */
const ordered: SignatureType[] = ['number', 'integer'];
/** Types of which some values can be listed. */
const listed: SignatureType[] = ['string', ...ordered];

function fieldProblems(field: SignatureField, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const add = (member: keyof SignatureField, rule: string) => {
    const given = field[member];
    problems.push({
      field: `${path}.${member}`,
      rule,
      given,
      source: 'platform',
    });
  };
  const { type, minimum, maximum } = field;
  for (const bound of ['minimum', 'maximum'] as const) {
    if (field[bound] !== undefined && !ordered.includes(type))
      add(bound, `is for ${ordered.join(' and ')} only, not for ${type}`);
  }
  if (minimum !== undefined && maximum !== undefined && minimum > maximum)
    add('minimum', `is greater than the maximum ${maximum}`);
  if (field.enum && !listed.includes(type)) {
    add('enum', `is for ${listed.join(', ')} only, not for ${type}`);
    return problems;
  }
  const scalar: SignatureField = { ...field, shape: undefined };
  for (const value of field.enum ?? []) {
    const [problem] = valueProblems({ ...scalar, enum: undefined }, value, '');
    if (problem) {
      add('enum', `${problem.message} in all its values`);
      break;
    }
  }
  for (const member of ['default', 'example'] as const) {
    if (field[member] === undefined) continue;
    const [problem] = valueProblems(field, field[member], '');
    if (problem)
      add(member, `${problem.path}${problem.path && ' '}${problem.message}`);
  }
  return problems;
}
