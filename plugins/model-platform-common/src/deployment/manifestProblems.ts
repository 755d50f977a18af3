import { FieldProblem } from '../types';

/** Why a document is no `ModelDeployment`; what its spec may say is the platform's to judge. @public */
export function manifestProblems(
  content: Record<string, unknown>,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const problem = (
    field: string,
    rule: string,
    given: unknown,
    example: unknown,
  ) => problems.push({ field, rule, given, example, source: 'platform' });
  if (content.apiVersion !== 'model-platform.io/v1alpha1') {
    problem(
      'apiVersion',
      'must be model-platform.io/v1alpha1',
      content.apiVersion,
      'model-platform.io/v1alpha1',
    );
  }
  if (content.kind !== 'ModelDeployment') {
    problem('kind', 'must be ModelDeployment', content.kind, 'ModelDeployment');
  }
  const metadata = content.metadata as Record<string, unknown> | undefined;
  if (typeof metadata?.name !== 'string' || !metadata.name) {
    problem(
      'metadata.name',
      'is required: the name of the endpoint',
      metadata?.name,
      'churn',
    );
  }
  if (typeof content.spec !== 'object' || content.spec === null) {
    problem('spec', 'is required', content.spec, {
      system: 'customer-care',
      environment: 'local',
      model: 'churn',
    });
  }
  return problems;
}
