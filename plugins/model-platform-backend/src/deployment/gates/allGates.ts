import { DeploymentGate } from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../../canonicalJson';

/** Those of all lists, each once. */
export function allGates(...lists: DeploymentGate[][]): DeploymentGate[] {
  const gates = new Map(
    lists.flat().map(gate => [canonicalJson(gate), gate] as const),
  );
  return [...gates.values()];
}
