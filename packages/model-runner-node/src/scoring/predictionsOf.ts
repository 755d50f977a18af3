import { WireSignature } from '@model-platform/model-wire';
import { Row } from '../flavors/Flavor';

/** As MLflow answers: values where a model has one output, else a dictionary for each line. */
export function predictionsOf(
  { outputs }: WireSignature,
  rows: Row[],
): unknown[] {
  const [{ name }] = outputs;
  return outputs.length === 1 ? rows.map(row => row[name] ?? null) : rows;
}
