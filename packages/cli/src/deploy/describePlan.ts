import {
  DeploymentPlan,
  SpecChange,
} from '@model-platform/plugin-model-platform-common';
import { formatBytes } from '../output/formatBytes';

const ACTIONS: Record<DeploymentPlan['action'], string> = {
  create: 'would be made',
  change: 'would be changed',
  none: 'is so already',
};

/** What applying would do, line by line. */
export function describePlan(plan: DeploymentPlan): string[] {
  return [
    `${plan.name} ${ACTIONS[plan.action]}.`,
    ...(plan.declaredIn
      ? [`It is declared in ${plan.declaredIn}; change it there.`]
      : []),
    ...(plan.action === 'change' ? describeChanges(plan.changes) : []),
    ...(plan.revision === 'none'
      ? []
      : [
          plan.revision === 'made'
            ? 'A revision would be made:'
            : 'A revision would wait for its gates:',
          ...plan.variants.map(
            ({ name, model, version, weight }) =>
              `  ${name}: ${model} version ${version}, ${weight} %`,
          ),
          `  runners started anew: ${plan.restarts.join(', ')}`,
        ]),
    ...plan.gates.map(
      ({ holds, message }) => `  gate ${holds ? 'holds' : 'open'}: ${message}`,
    ),
    ...plan.breaks.map(({ field, rule }) => `  breaks ${field}: ${rule}`),
    ...plan.quotas.map(
      ({ resource, used, limit }) =>
        `  quota of ${resource}: ${
          resource === 'memory'
            ? `${formatBytes(used)} of ${formatBytes(limit)}`
            : `${used} of ${limit}`
        }`,
    ),
  ];
}

/** Field by field: what is, and what would be. */
export function describeChanges(changes: SpecChange[]): string[] {
  return changes.flatMap(({ field, from, to }) => [
    `  ${field}`,
    ...(from === undefined ? [] : [`    - ${shown(from)}`]),
    ...(to === undefined ? [] : [`    + ${shown(to)}`]),
  ]);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
