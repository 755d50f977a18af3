import { WireSignature, WireSignatureField } from '@model-platform/model-wire';
import { requireLevels } from '../levels';

/** Moments of MLflow have no zone: they are UTC. */
const WITHOUT_ZONE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?$/;

/** MLflow's clients break base64 into lines, and leave zones out. */
function plain(
  field: WireSignatureField,
  value: unknown,
  rank = field.shape?.length ?? 0,
): unknown {
  if (Array.isArray(value) && rank > 0)
    return value.map(item => plain(field, item, rank - 1));
  if (typeof value !== 'string') return value;
  if (field.type === 'bytes') return value.replace(/\s+/g, '');
  return field.type === 'datetime' && WITHOUT_ZONE.test(value)
    ? `${value}Z`
    : value;
}

/**
 * The columns of a data frame that are inputs of the model: in any order, and
 * others are left aside, as MLflow does. What is missing in a frame is null.
 */
export class Columns {
  private readonly fields: Map<string, WireSignatureField>;

  constructor(signature: WireSignature) {
    this.fields = new Map(signature.inputs.map(field => [field.name, field]));
  }

  get names(): string[] {
    return [...this.fields.keys()];
  }

  get(name: string): WireSignatureField | undefined {
    return this.fields.get(name);
  }

  /**
   * Whether a column is not to be left aside.
   *
   * @throws RequestError 400 where it would be, but is nested too deep
   */
  isInput(name: string, value: unknown): boolean {
    if (this.fields.has(name)) return true;
    requireLevels(`The column ${name.slice(0, 100)}`, value);
    return false;
  }

  /** One line by the names of the signature. */
  line(values: Iterable<readonly [string, unknown]>): Record<string, unknown> {
    const line: Array<[string, unknown]> = [];
    for (const [name, value] of values) {
      const field = this.fields.get(name);
      if (!field) this.isInput(name, value);
      if (!field || value === undefined) continue;
      if (value === null && field.default !== undefined) continue;
      line.push([name, plain(field, value)]);
    }
    return Object.fromEntries(line);
  }
}
