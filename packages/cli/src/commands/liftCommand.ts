import { DeploymentOverride } from '@model-platform/plugin-model-platform-common';
import { Command, Option } from 'commander';
import { CommandRunner } from './CommandRunner';

/** `lift`: what the file says is wanted again. */
export function liftCommand(run: CommandRunner): Command {
  return new Command('lift')
    .description(
      'Lift what persons put beside the file (pause, off, promote, rollback): what it says is wanted again.',
    )
    .argument('<deployment>')
    .addOption(
      new Option(
        '--kind <kind>',
        'of this kind only; all of it where absent',
      ).choices(['off', 'pause', 'promote', 'rollback']),
    )
    .option('--reason <text>', 'why; kept in the history')
    .option('--json', 'print the result as JSON')
    .action(
      (
        name: string,
        options: {
          kind?: DeploymentOverride['kind'];
          reason?: string;
          json?: boolean;
        },
      ) =>
        run(options, async ({ terminal, platform }) => {
          const { kind, reason } = options;
          const deployment = await platform().liftOverride(name, {
            kind,
            reason,
          });
          terminal.result(deployment, [
            `${name}: the file holds again.`,
            ...(deployment.drift ?? []),
          ]);
        }),
    );
}
