import { LogsQuery } from '@model-platform/plugin-model-platform-common';
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
    .option(
      '--tail <lines>',
      'how many of the last lines (200; with --since or --grep 5000)',
      wholeNumber(0),
    )
    .option(
      '--since <when>',
      'only what was written since: a duration such as 10m, 2h or 1d, or a time such as 2026-05-01T12:00:00Z',
    )
    .option(
      '--grep <text>',
      'only lines with this text, in any case; /expression/ or /expression/i is a regular expression (RE2)',
    )
    .option(
      '--runner <id>',
      'of one runner only; without a cluster also one that is gone',
    )
    .option('--variant <name>', 'of the runners of one variant only')
    .option(
      '--revision <number>',
      'of the runners of one revision only',
      wholeNumber(1),
    )
    .option('--json', 'print JSON; with --follow a line each')
    .action(
      (
        name: string,
        options: LogsQuery & { follow?: boolean; json?: boolean },
      ) =>
        run(options, async ({ terminal, signal, platform }) => {
          const { follow, json, ...query } = options;
          await (follow ? followLogs : logs)({
            name,
            query,
            platform: platform(),
            terminal,
            signal,
          });
        }),
    );
}
