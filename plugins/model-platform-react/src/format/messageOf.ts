import { ResponseError } from '@backstage/errors';
import { ModelPlatformClient } from '@model-platform/plugin-model-platform-common';

/** What went wrong, in the platform's own words, with every wrong field. @public */
export function messageOf(error: Error): string {
  if (!ResponseError.is(error)) return error.message;
  const problems = ModelPlatformClient.problemsOf(error).map(
    ({ field, rule }) => `${field}: ${rule}`,
  );
  return [error.body.error.message, ...problems].join('\n');
}
