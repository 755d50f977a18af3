import { Command } from 'commander';
import { CommandRunner } from './CommandRunner';

/** `off` and `on`: the same switch. */
export function offCommand(run: CommandRunner, to: 'off' | 'on'): Command {
  return new Command(to)
    .description(
      to === 'off'
        ? 'Switch a deployment off: its endpoint answers 503, its runners end.'
        : 'Switch a deployment on again.',
    )
    .argument('<name>', 'name of the deployment')
    .option('--reason <text>', 'why; kept in the history')
    .option('--json', 'print the result as JSON')
    .action((name: string, options: { reason?: string; json?: boolean }) =>
      run(options, async ({ terminal, platform }) => {
        const deployment = await platform().switchOff(name, {
          off: to === 'off',
          reason: options.reason,
        });
        terminal.result(deployment, `${name} is switched ${to}.`);
      }),
    );
}
