import { Command } from 'commander';
import { describePlan } from '../deploy/describePlan';
import { describeCanary } from '../deploy/describeCanary';
import { readDeploymentFile } from '../deploy/readDeploymentFile';
import { describeVariants } from '../deploy/describeVariants';
import { waitUntilServing } from '../deploy/waitUntilServing';
import { CommandRunner } from './CommandRunner';
import { wholeNumber } from './wholeNumber';

export function deployCommand(run: CommandRunner): Command {
  return new Command('deploy')
    .description(
      'Make what a model-deployment.yaml asks for so, and wait until it answers.',
    )
    .argument(
      '[location]',
      'folder with a model-deployment.yaml, or the file itself',
      '.',
    )
    .option('--dry-run', 'only say what would happen')
    .option('--no-wait', 'return once the platform knows what is wanted')
    .option('--timeout <seconds>', 'how long to wait', wholeNumber(1), 300)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nA folder without a model-deployment.yaml gets the simplest deployment: the newest version\nof its model in the environment local, at an endpoint named as the model.',
    )
    .action(
      (
        location: string,
        options: {
          dryRun?: boolean;
          wait: boolean;
          timeout: number;
          json?: boolean;
        },
      ) =>
        run(options, async ({ terminal, signal, platform }) => {
          const manifest = await readDeploymentFile(location, platform);
          const { name } = manifest.metadata;
          if (options.dryRun) {
            const plan = await platform().planDeployment(name, manifest);
            terminal.result(plan, describePlan(plan));
            return;
          }
          const applied = await platform().applyDeployment(name, manifest);
          const waiting = applied.conditions.find(
            ({ type }) => type === 'Waiting',
          );
          if (waiting) {
            terminal.result(applied, [
              `${name}: ${waiting.message}`,
              ...(applied.servingRevision === undefined
                ? []
                : [`Revision ${applied.servingRevision} goes on serving.`]),
              `model-platform status ${name} shows how it is coming along.`,
            ]);
            return;
          }
          terminal.note(
            `${name}: revision ${applied.revision?.number ?? '?'} is wanted`,
          );
          if (!options.wait) {
            terminal.result(
              applied,
              `model-platform status ${name} shows how it is coming along.`,
            );
            return;
          }
          const deployment = await waitUntilServing(applied, {
            platform: platform(),
            terminal,
            timeoutMs: options.timeout * 1000,
            signal,
          });
          if (deployment.off) {
            terminal.result(deployment, [
              `${name} is switched off${
                deployment.offReason ? ` (${deployment.offReason})` : ''
              }; it serves nothing.`,
              `model-platform on ${name} switches it on.`,
            ]);
            return;
          }
          if (deployment.servingRevision !== deployment.revision?.number) {
            terminal.result(deployment, [
              `${name}: revision ${deployment.revision?.number} does not have all traffic yet.`,
              ...(deployment.drift ?? []),
              ...(deployment.canary ? describeCanary(deployment.canary) : []),
              `model-platform status ${name} shows how it goes on; resume, promote and abort decide it.`,
            ]);
            return;
          }
          terminal.result(deployment, [
            `${name} serves revision ${deployment.servingRevision} at ${
              deployment.url ?? 'its endpoint'
            }`,
            ...describeVariants(deployment.revision),
            ...(deployment.drift ?? []),
            '',
            'Call it:',
            `  model-platform invoke ${name}`,
            ...(deployment.url
              ? [
                  `  curl ${deployment.url}/predict -H "Authorization: Bearer $MODEL_PLATFORM_ENDPOINT_TOKEN" \\`,
                  `    -H 'Content-Type: application/json' -d '{"inputs": …}'     (${deployment.url}/docs)`,
                ]
              : []),
          ]);
        }),
    );
}
