import Mustache from 'mustache';

/**
 * What a template sees: values of the call, by their own names alone. Nothing
 * is inherited and nothing is called, whatever a name says.
 */
export class TemplateValues extends Mustache.Context {
  constructor(
    private readonly values: unknown,
    private readonly outer?: TemplateValues,
  ) {
    super(values, outer);
  }

  override push(values: unknown): TemplateValues {
    return new TemplateValues(values, this);
  }

  override lookup(name: string): unknown {
    if (name === '.') return this.values;
    const found = valueOf(this.values, name);
    return found === undefined ? this.outer?.lookup(name) : found;
  }
}

/** A name with dots may be a field's own name, else it is a path. */
function valueOf(values: unknown, name: string): unknown {
  const whole = own(values, name);
  if (whole !== undefined || !name.includes('.')) return whole;
  return name
    .split('.')
    .reduce<unknown>((value, part) => own(value, part), values);
}

function own(values: unknown, name: string): unknown {
  return typeof values === 'object' &&
    values !== null &&
    Object.hasOwn(values, name)
    ? (values as Record<string, unknown>)[name]
    : undefined;
}
