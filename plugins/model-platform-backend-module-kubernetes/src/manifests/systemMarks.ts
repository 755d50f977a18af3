import { V1ObjectMeta } from '@kubernetes/client-node';
import { LABELS } from './labels';
import { labelValue } from './objectName';

/** What says of an object whose models it is for: other systems have other values. */
export function systemLabel(system: string): Record<string, string> {
  return { [LABELS.system]: labelValue(system) };
}

/** Its name, where the label cannot have it: of systems outside the catalog's namespace `default`. */
export function systemAnnotation(system: string): Record<string, string> {
  return labelValue(system) === system ? {} : { [LABELS.system]: system };
}

/** The name that both are of; undefined where it is not said. */
export function systemOf({
  labels = {},
  annotations = {},
}: V1ObjectMeta): string | undefined {
  const { [LABELS.system]: label } = labels;
  const { [LABELS.system]: name } = annotations;
  // Others may annotate what has no such annotation.
  return name !== undefined && labelValue(name) === label ? name : label;
}
