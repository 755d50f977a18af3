import { Command } from 'commander';
import { describeRevision } from '../deploy/describeRevision';
import { CommandRunner } from './CommandRunner';

export function promoteCommand(run: CommandRunner): Command {
  return new Command('promote')
    .description(
      'Give one variant of a deployment all the traffic, or the new revision of a canary.',
    )
    .argument('<deployment>')
    .argument('[variant]', 'not needed while a canary is under way')
    .option('--reason <text>', 'why; kept in the history')
    .option('--json', 'print the result as JSON')
    .action(
      (
        name: string,
        variant: string | undefined,
        options: { reason?: string; json?: boolean },
      ) =>
        run(options, async ({ terminal, platform }) => {
          const deployment = await platform().promote(name, {
            variant,
            reason: options.reason,
          });
          terminal.result(deployment, [
            `${name}: ${variant ?? 'the new revision'} gets all traffic.`,
            ...describeRevision(deployment),
          ]);
        }),
    );
}
