import { Signature, SignatureBreak, SignatureField } from '../types';

/** Where values go: what is taken may widen, what is answered may narrow. */
type Side = 'inputs' | 'outputs';

/**
 * Why `next` cannot stand where `published` does: every field by which a call
 * that was right is refused, or an answer is not what callers were promised.
 * None where it is backward compatible.
 *
 * A changed type is always one, also from integer to number: the datatype of
 * the Open Inference Protocol changes with it.
 * @public
 */
export function signatureBreaks(
  published: Signature,
  next: Signature,
): SignatureBreak[] {
  return [
    ...sideBreaks('inputs', published.inputs, next.inputs),
    ...sideBreaks('outputs', published.outputs, next.outputs),
  ];
}

function sideBreaks(
  side: Side,
  published: SignatureField[],
  next: SignatureField[],
): SignatureBreak[] {
  const now = new Map(next.map(field => [field.name, field]));
  const known = new Set(published.map(({ name }) => name));
  const breaks = published.flatMap(before => {
    const after = now.get(before.name);
    const rules = after ? fieldRules(side, before, after) : ['was removed'];
    return rules.map(rule => ({ field: `${side}.${before.name}`, rule }));
  });
  if (side === 'outputs') return breaks;
  return [
    ...breaks,
    ...next
      .filter(field => !known.has(field.name) && isRequired(field))
      .map(({ name }) => ({
        field: `inputs.${name}`,
        rule: 'is a new required input',
      })),
  ];
}

function fieldRules(
  side: Side,
  before: SignatureField,
  after: SignatureField,
): string[] {
  if (before.type !== after.type)
    return [`has the type ${after.type} instead of ${before.type}`];
  // What is taken must hold all that was; what is answered must lie within it.
  const [outer, inner] = side === 'inputs' ? [after, before] : [before, after];
  return [
    ...presenceRules(side, before, after),
    ...(holdsShape(outer.shape, inner.shape)
      ? []
      : [
          `has the shape ${shown(after.shape)} instead of ${shown(
            before.shape,
          )}`,
        ]),
    ...(holdsValues(outer.enum, inner.enum)
      ? []
      : [valuesRule(side, before, after)]),
    ...(isAtMost(outer.minimum, inner.minimum)
      ? []
      : [
          `has the minimum ${bound(after.minimum)} instead of ${bound(
            before.minimum,
          )}`,
        ]),
    ...(isAtMost(inner.maximum, outer.maximum, Infinity)
      ? []
      : [
          `has the maximum ${bound(after.maximum)} instead of ${bound(
            before.maximum,
          )}`,
        ]),
    ...(before.unit !== undefined &&
    after.unit !== undefined &&
    before.unit !== after.unit
      ? [`has the unit ${after.unit} instead of ${before.unit}`]
      : []),
  ];
}

function presenceRules(
  side: Side,
  before: SignatureField,
  after: SignatureField,
): string[] {
  if (side === 'outputs')
    return after.optional && !before.optional
      ? ['may be missing now, and was always there']
      : [];
  if (isRequired(after) && !isRequired(before)) return ['is required now'];
  // A default stands in for what is left out, not for null.
  return before.optional && !after.optional
    ? ['does not take null any more']
    : [];
}

function isRequired({ optional, default: standIn }: SignatureField): boolean {
  return !optional && standIn === undefined;
}

function holdsShape(outer: number[] = [], inner: number[] = []): boolean {
  return (
    outer.length === inner.length &&
    outer.every((size, index) => size === -1 || size === inner[index])
  );
}

function holdsValues(
  outer: SignatureField['enum'],
  inner: SignatureField['enum'],
): boolean {
  return (
    outer === undefined ||
    (inner !== undefined && inner.every(value => outer.includes(value)))
  );
}

function valuesRule(
  side: Side,
  { enum: before }: SignatureField,
  { enum: after }: SignatureField,
): string {
  if (side === 'inputs')
    return before
      ? `does not take ${before
          .filter(value => !after?.includes(value))
          .join(', ')} any more`
      : `takes only ${after?.join(', ')} now`;
  return after
    ? `may be ${after.filter(value => !before?.includes(value)).join(', ')} now`
    : `may be other than ${before?.join(', ')} now`;
}

/** An absent bound is none: the lowest of minima, unless said otherwise. */
function isAtMost(
  low: number | undefined,
  high: number | undefined,
  absent = -Infinity,
): boolean {
  return (low ?? absent) <= (high ?? absent);
}

function shown(shape: number[] = []): string {
  return shape.length === 0 ? 'none' : `[${shape.join(', ')}]`;
}

function bound(value: number | undefined): string {
  return value === undefined ? 'none' : String(value);
}
