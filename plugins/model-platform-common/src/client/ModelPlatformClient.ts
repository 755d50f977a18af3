import { FieldProblem } from '../types';
import { toProblems } from './toProblems';
import { WebhookCalls } from './WebhookCalls';

/**
 * All calls of the control plane, typed, in one flat client: each part of the
 * API adds its calls to the part before. What is refused throws
 * `ResponseError` of `@backstage/errors`; `problemsOf` gives its fields. @public
 */
export class ModelPlatformClient extends WebhookCalls {
  /** The field problems that a failed call named. */
  static problemsOf(error: unknown): FieldProblem[] {
    return toProblems(error);
  }
}
