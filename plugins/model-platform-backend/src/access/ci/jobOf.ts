import { Provenance } from '@model-platform/plugin-model-platform-common';
import { Claims } from './claims';

/** What verified claims say of the job, whatever its issuer calls it. */
export interface CiJob {
  /** E.g. `acme/churn@refs/heads/main#1234`: repository, ref and run. */
  title: string;
  /** More than anybody's word: the issuer says so. */
  provenance: Pick<Provenance, 'repository' | 'commit' | 'ciRun'>;
}

/** GitHub Actions, GitLab, or any other issuer, of which only `sub` is known. */
export function jobOf(issuer: string, claims: Claims): CiJob {
  const text = (name: string): string | undefined =>
    ['string', 'number'].includes(typeof claims[name])
      ? String(claims[name])
      : undefined;
  const repository = text('repository') ?? text('project_path');
  if (repository === undefined) {
    return { title: text('sub') ?? 'unknown', provenance: {} };
  }
  const run = text('run_id') ?? text('job_id');
  const ref = text('ref_path') ?? text('ref');
  const title = `${repository}${ref ? `@${ref}` : ''}${run ? `#${run}` : ''}`;
  const home =
    text('repository') === undefined ? issuer : serverOfGitHub(issuer);
  const page = `${home}/${repository}/${
    text('run_id') ? 'actions/runs' : '-/jobs'
  }/${run}`;
  const commit = text('sha');
  return {
    title,
    provenance: {
      repository: home ? `${home}/${repository}` : repository,
      ...(commit && { commit }),
      ...(run && { ciRun: home ? page : run }),
    },
  };
}

/** Where the repositories of an issuer of GitHub's are; others have claims of the same names. */
function serverOfGitHub(issuer: string): string | undefined {
  const { origin, hostname, pathname } = new URL(issuer);
  if (hostname === 'token.actions.githubusercontent.com') {
    return 'https://github.com';
  }
  const tenant = /^token\.actions\.([^.]+\.ghe\.com)$/.exec(hostname)?.[1];
  if (tenant) {
    return `https://${tenant}`;
  }
  return pathname.startsWith('/_services/token') ? origin : undefined;
}
