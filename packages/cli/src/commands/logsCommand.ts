import { Command } from 'commander';
import { followLogs, logs } from '../logs/logs';
import { CommandRunner } from './CommandRunner';
import { wholeNumber } from './wholeNumber';

export function logsCommand(run: CommandRunner): Command {
  return new Command('logs')
    .description("What a deployment's runners write.")
    .argument('<name>', 'name of the deployment')
    .option(
      '-f, --follow',
      'go on with what they write from now on, until Ctrl-C',
    )
    .option('--tail <lines>', 'how many of the last lines', wholeNumber(0), 200)
    .option('--runner <id>', 'of one runner only')
    .option('--json', 'print JSON; with --follow a line each')
    .action(
      (
        name: string,
        options: {
          follow?: boolean;
          tail: number;
          runner?: string;
          json?: boolean;
        },
      ) =>
        run(options, async ({ terminal, signal, platform }) => {
          const { tail, runner } = options;
          await (options.follow ? followLogs : logs)({
            name,
            tail,
            runner,
            platform: platform(),
            terminal,
            signal,
          });
        }),
    );
}
