import { FieldProblem } from '../types';
import { metricProblems } from './metricProblems';
import { signatureProblems } from './signatureProblems';
import { versionSpecSchema } from './versionSpecSchema';
import { zodProblems } from './zodProblems';

/**
 * What is wrong with a version in itself, whatever platform it is published
 * to: with it, no runner would start. Its metadata is the platform's say. @public
 *
 * @param version - as a draft is opened with it
 */
export function versionProblems(version: unknown): FieldProblem[] {
  const read = versionSpecSchema.safeParse(version);
  return read.success
    ? [
        ...signatureProblems(read.data),
        ...metricProblems(read.data.metrics ?? []),
      ]
    : zodProblems(read.error, '', version);
}
