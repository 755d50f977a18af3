import { CiGrant } from './CiIdentity';

/** What a job's token says, once it is verified. */
export type Claims = Record<string, unknown>;

/**
 * Claims that say how a job runs and what started it, not whose it is: at a
 * public issuer everybody can have jobs with them. A workflow that others may
 * call, a commit of a fork and who set off an event are among them.
 */
const HOW = new Set([
  'aud',
  'iss',
  'exp',
  'nbf',
  'iat',
  'actor',
  'actor_id',
  'base_ref',
  'ci_config_ref_uri',
  'deployment_tier',
  'environment',
  'environment_action',
  'environment_protected',
  'event_name',
  'head_ref',
  'pipeline_source',
  'project_visibility',
  'groups_direct',
  'job_workflow_ref',
  'job_workflow_sha',
  'ref',
  'ref_path',
  'ref_protected',
  'ref_type',
  'repository_visibility',
  'run_attempt',
  'run_number',
  'runner_environment',
  'sha',
  'user_access_level',
  'user_email',
  'user_id',
  'user_identities',
  'user_login',
  'workflow',
  'workflow_sha',
]);

/** Whether a claim says whose the job is, such as `repository`. */
export function saysWhose(claim: string): boolean {
  return !HOW.has(claim);
}

/** `*` is anything but a slash, `**` anything; all else is meant to the letter. */
export function matchesClaim(pattern: string, value: unknown): boolean {
  if (Array.isArray(value)) {
    return value.some(one => matchesClaim(pattern, one));
  }
  if (!['string', 'number', 'boolean'].includes(typeof value)) {
    return false;
  }
  const source = pattern
    .split(/(\*+)/)
    .map(part => {
      if (!part.startsWith('*')) {
        return part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
      }
      return part === '*' ? '[^/]*' : '.*';
    })
    .join('');
  return new RegExp(`^${source}$`, 's').test(String(value));
}

/** Names of the claims that do not have what the grant asks for. */
export function unmetClaims(grant: CiGrant, claims: Claims): string[] {
  return Object.entries(grant.claims)
    .filter(
      ([name, patterns]) =>
        !Object.hasOwn(claims, name) ||
        !patterns.some(pattern => matchesClaim(pattern, claims[name])),
    )
    .map(([name]) => name);
}
