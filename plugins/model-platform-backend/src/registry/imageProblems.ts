import {
  FieldProblem,
  VersionSpec,
} from '@model-platform/plugin-model-platform-common';

/** Where flavor and image of a version do not go together. */
export function imageProblems({
  flavor,
  runtime,
  endpoint,
  image,
  metrics = [],
}: Pick<
  VersionSpec,
  'flavor' | 'runtime' | 'endpoint' | 'image' | 'metrics'
>): FieldProblem[] {
  const problem = (
    field: string,
    rule: string,
    given: unknown,
    example?: unknown,
  ): FieldProblem => ({ field, rule, given, example, source: 'platform' });
  if (flavor !== 'image') {
    return image
      ? [
          problem(
            'flavor',
            'must be image where an image is named, or leave the image out',
            flavor,
            'image',
          ),
        ]
      : [];
  }
  return [
    ...(image
      ? []
      : [
          problem('image', 'is required by the flavor image', undefined, {
            reference: `registry.example.org/churn@sha256:${'0'.repeat(64)}`,
            port: 9000,
          }),
        ]),
    ...(runtime === 'node'
      ? []
      : [
          problem(
            'runtime',
            'must be node: its runner forwards the calls to the image',
            runtime,
            'node',
          ),
        ]),
    ...(endpoint === undefined
      ? []
      : [
          problem(
            'endpoint',
            'must be left out: the code is in the image',
            endpoint,
          ),
        ]),
    ...(metrics.length === 0
      ? []
      : [
          problem(
            'metrics',
            'must be left out: nobody collects what an image counts',
            metrics.map(({ name }) => name),
          ),
        ]),
  ];
}
