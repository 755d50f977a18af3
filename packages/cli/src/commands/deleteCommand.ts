import { Command } from 'commander';
import { describeVariants } from '../deploy/describeVariants';
import { CliError } from '../errors/CliError';
import { unlessMissing } from '../errors/unlessMissing';
import { CommandRunner } from './CommandRunner';

/** `delete`: ends a deployment for good; without `--yes` it only says what that is. */
export function deleteCommand(run: CommandRunner): Command {
  return new Command('delete')
    .description(
      'Delete a deployment: its endpoint answers 404, its runners end. The model and its versions stay.',
    )
    .argument('<name>', 'name of the deployment')
    .option('--yes', 'it is meant so: without it, nothing is deleted')
    .option('--reason <text>', 'why; kept in the history')
    .option('--json', 'print the result as JSON')
    .action(
      (
        name: string,
        options: { yes?: boolean; reason?: string; json?: boolean },
      ) =>
        run(options, async ({ terminal, platform }) => {
          const deployment = await platform().getDeployment(name);
          if (!options.yes) {
            const { environment, phase, url, revision } = deployment;
            throw new CliError(
              'WrongUsage',
              `Deleting ${name} ends its endpoint, and its tokens with it: say so with --yes.`,
              {
                details: [
                  `${name} in ${environment}, ${phase}${
                    url ? `, at ${url}` : ''
                  }`,
                  ...describeVariants(revision),
                  `To delete it: model-platform delete ${name} --yes --reason '…'`,
                ],
              },
            );
          }
          // It was there: where the connection was cut over it, the next try finds it gone.
          await unlessMissing(
            platform().deleteDeployment(name, { reason: options.reason }),
          );
          terminal.result(
            { name, deleted: true },
            `${name} is deleted; its runners finish the calls they have.`,
          );
        }),
    );
}
