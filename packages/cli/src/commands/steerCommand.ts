import { Command } from 'commander';
import { CommandRunner } from './CommandRunner';

const DOES = {
  pause: {
    description:
      'Let nothing of a deployment move by itself: no new revision, no step of a canary.',
    done: 'is paused; resume lets it go on.',
  },
  resume: {
    description:
      'Lift a pause, or let a step of a canary go on that waits for a person.',
    done: 'goes on.',
  },
  abort: {
    description:
      'End a canary: all traffic stays with the revision that served before.',
    done: 'goes back to the revision that served before.',
  },
};

/** `pause`, `resume` and `abort`: what a person says to a deployment under way. */
export function steerCommand(
  run: CommandRunner,
  does: keyof typeof DOES,
): Command {
  return new Command(does)
    .description(DOES[does].description)
    .argument('<deployment>')
    .option('--reason <text>', 'why; kept in the history')
    .option('--json', 'print the result as JSON')
    .action((name: string, options: { reason?: string; json?: boolean }) =>
      run(options, async ({ terminal, platform }) => {
        const { reason } = options;
        const deployment = await platform()[does](name, { reason });
        terminal.result(deployment, `${name} ${DOES[does].done}`);
      }),
    );
}
