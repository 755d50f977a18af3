import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Provenance } from '@model-platform/plugin-model-platform-common';
import { version } from '../../package.json';

const run = promisify(execFile);

/**
 * Where the version comes from: the commit of the folder and the run of the CI
 * system, where there is one. Never fails; what is not known is left out.
 */
export async function readProvenance(
  folder: string,
  env: Record<string, string | undefined>,
): Promise<Provenance> {
  const git = async (...args: string[]) => {
    try {
      const { stdout } = await run('git', ['-C', folder, ...args], {
        timeout: 5_000,
      });
      return stdout.trim() || undefined;
    } catch {
      return undefined;
    }
  };
  const [commit, remote] = await Promise.all([
    git('rev-parse', 'HEAD'),
    git('remote', 'get-url', 'origin'),
  ]);
  return {
    client: `model-platform-cli/${version}`,
    commit: commit ?? env.GITHUB_SHA ?? env.CI_COMMIT_SHA,
    repository: withoutSecrets(remote),
    ciRun: ciRun(env),
  };
}

/** Remote addresses may carry tokens. */
function withoutSecrets(remote: string | undefined): string | undefined {
  return remote?.replace(/^([a-z+]+:\/\/)[^@/]*@/i, '$1');
}

function ciRun(env: Record<string, string | undefined>): string | undefined {
  if (env.GITHUB_RUN_ID && env.GITHUB_REPOSITORY) {
    return `${env.GITHUB_SERVER_URL ?? 'https://github.com'}/${
      env.GITHUB_REPOSITORY
    }/actions/runs/${env.GITHUB_RUN_ID}`;
  }
  return (
    env.CI_JOB_URL ??
    env.BUILD_URL ??
    env.BUILDKITE_BUILD_URL ??
    env.CIRCLE_BUILD_URL
  );
}
