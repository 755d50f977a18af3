import { InputError } from '@backstage/errors';
import {
  bytesOf,
  coresOf,
  cpuSchema,
  DeploymentGate,
  memorySchema,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { z } from 'zod';
import { canonicalGates, gatesSchema } from '../gates/gateSchema';

/** What the runners of one system may take together. CPU in cores, memory in bytes. */
export interface Quota {
  runners?: number;
  cpu?: number;
  memory?: number;
  gpu?: number;
}

/** What holds for all deployments of an environment. */
export interface EnvironmentRules {
  systems?: string[];
  gates: DeploymentGate[];
  quota?: Quota;
  /** Instead of `quota`, by the name of the system. */
  systemQuotas: Map<string, Quota>;
  /** What `limits.maxBodyBytes` of a deployment may be at most. */
  maxBodyBytes: number;
}

/** A gateway and a runner hold whole bodies in memory, several at a time. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

const count = z.number().int().min(0);
const quota = z.strictObject({
  runners: count.optional(),
  // A bare number is one in YAML.
  cpu: z
    .union([z.number().min(0), z.literal('0'), cpuSchema], {
      error: 'must be cores, e.g. 500m or 2',
    })
    .transform(value => coresOf(String(value)))
    .optional(),
  memory: z
    .union([z.number().min(0), z.literal('0'), memorySchema], {
      error: 'must be bytes, e.g. 64Gi',
    })
    .transform(value => bytesOf(String(value)))
    .optional(),
  gpu: count.optional(),
});

/** What others read of the same entry, beside drivers what has their names. */
const others = {
  name: z.string(),
  driver: z.unknown().optional(),
  endpointCode: z.unknown().optional(),
  kubernetes: z.unknown().optional(),
  languageModels: z.unknown().optional(),
  prometheus: z.unknown().optional(),
};

// A rule whose name is misspelt would hold for nobody.
const schema = z.strictObject({
  ...others,
  systems: z.array(z.string().min(1)).min(1).optional(),
  gates: gatesSchema.optional(),
  quota: quota.optional(),
  systemQuotas: z.record(z.string(), quota).optional(),
  maxBodyBytes: z.number().int().min(1).default(MAX_BODY_BYTES),
});

/**
 * Throws `InputError` that names the place in the configuration.
 *
 * @param drivers - names of those that are installed, each of which may have a section of that name
 */
export function parseEnvironmentRules(
  entry: object,
  place: string,
  drivers: string[],
): EnvironmentRules {
  const parsed = schema.safeParse(
    Object.fromEntries(
      Object.entries(entry).filter(([key]) => !drivers.includes(key)),
    ),
  );
  if (!parsed.success) {
    const issues = parsed.error.issues.map(issue =>
      `${issue.path.join('.')} ${issue.message}`.trim(),
    );
    throw new InputError(`${place} is wrong: ${issues.join('; ')}`);
  }
  const { systems, gates = [], systemQuotas = {} } = parsed.data;
  return {
    systems: systems?.map(toSystemName),
    gates: canonicalGates(gates),
    quota: parsed.data.quota,
    maxBodyBytes: parsed.data.maxBodyBytes,
    systemQuotas: new Map(
      Object.entries(systemQuotas).map(([system, value]) => [
        toSystemName(system),
        value,
      ]),
    ),
  };
}
