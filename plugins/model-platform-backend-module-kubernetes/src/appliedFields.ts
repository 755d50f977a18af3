import { KubernetesObject } from '@kubernetes/client-node';
import { MANAGER } from './manifests/labels';

/**
 * Fields of an object that are as the platform has applied them, in the form of
 * `fieldsV1`, below one of them or all: who changes one takes it over.
 */
export function appliedFields(
  { metadata }: KubernetesObject,
  below?: string,
): Record<string, unknown> {
  const entry = metadata?.managedFields?.find(
    ({ manager, operation, subresource }) =>
      manager === MANAGER && operation === 'Apply' && !subresource,
  );
  const fields = Object(entry?.fieldsV1);
  return below === undefined ? fields : Object(fields[below]);
}
