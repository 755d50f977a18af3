import { Deployment } from '@model-platform/plugin-model-platform-common';
import { Command } from 'commander';
import { describeChanges } from '../deploy/describePlan';
import { readDeploymentFile } from '../deploy/readDeploymentFile';
import { CliError } from '../errors/CliError';
import { unlessMissing } from '../errors/unlessMissing';
import { CommandRunner } from './CommandRunner';

export function diffCommand(run: CommandRunner): Command {
  return new Command('diff')
    .description(
      'How a model-deployment.yaml differs from what the platform wants, and that from what serves.',
    )
    .argument(
      '[location]',
      'folder with a model-deployment.yaml, or the file itself',
      '.',
    )
    .option('--exit-code', 'end with 1 where anything differs')
    .option('--json', 'print the result as JSON')
    .action(
      (location: string, options: { exitCode?: boolean; json?: boolean }) =>
        run(options, async ({ terminal, platform }) => {
          const manifest = await readDeploymentFile(location, platform);
          const { name } = manifest.metadata;
          const deployment = await unlessMissing(
            platform().getDeployment(name),
          );
          const { changes, declaredIn } = await platform().planDeployment(
            name,
            manifest,
          );
          const observed = deployment ? observedDrift(deployment) : [];
          const differs = !deployment || changes.length + observed.length > 0;
          terminal.result({ name, declaredIn, changes, observed }, [
            ...(deployment
              ? [
                  changes.length > 0
                    ? `${name}: the file is not what is wanted:`
                    : `${name}: the file is what is wanted.`,
                  ...describeChanges(changes),
                ]
              : [`${name} is not deployed.`]),
            ...(declaredIn ? [`It is declared in ${declaredIn}.`] : []),
            ...(observed.length > 0 ? ['What serves differs:'] : []),
            ...observed.map(line => `  ${line}`),
          ]);
          if (options.exitCode && differs) {
            throw new CliError('Failed', `${name} differs.`);
          }
        }),
    );
}

/** In words: where what serves is not what the file says, or not what is wanted. */
function observedDrift(deployment: Deployment): string[] {
  const { revision, servingRevision, off, drift, conditions } = deployment;
  const said = conditions.filter(
    ({ type, status }) =>
      (type === 'Waiting' || type === 'Orphaned' || type === 'Degraded') &&
      status === 'True',
  );
  return [
    ...(drift ?? []),
    ...(!off && revision?.number !== servingRevision
      ? [
          `revision ${revision?.number ?? 'none'} is wanted, ${
            servingRevision ?? 'none'
          } serves`,
        ]
      : []),
    ...said.map(({ type, message }) => `${type}: ${message}`),
  ];
}
