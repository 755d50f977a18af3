import fs from 'node:fs';
import path from 'node:path';
import {
  GatewayState,
  HostAddress,
  HostPlan,
  HostState,
} from '@model-platform/model-wire';

/** Answers take milliseconds, but not where a machine does all at once. */
const ANSWER_TIMEOUT_MS = 30_000;

/** What the host says, what it was told, and what the gateway really has. */
export interface HostView {
  state: HostState;
  plan: HostPlan;
  gateway: GatewayState;
}

const readJson = (file: string) => JSON.parse(fs.readFileSync(file, 'utf8'));

export function hostAddress(dataDir: string): HostAddress {
  return readJson(path.join(dataDir, 'host', 'host.json'));
}

export async function hostState(dataDir: string): Promise<HostState> {
  const { url, secret } = hostAddress(dataDir);
  const response = await fetch(`${url}/v1/state`, {
    headers: { authorization: `Bearer ${secret}` },
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  return await response.json();
}

export async function hostView(dataDir: string): Promise<HostView> {
  const state = await hostState(dataDir);
  const response = await fetch(`${state.gateway.adminUrl}/routes`, {
    headers: { authorization: `Bearer ${state.gateway.adminSecret}` },
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  return {
    state,
    plan: readJson(path.join(dataDir, 'host', 'plan.json')),
    gateway: await response.json(),
  };
}
