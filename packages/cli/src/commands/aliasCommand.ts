import { Command } from 'commander';
import { CommandRunner } from './CommandRunner';
import { wholeNumber } from './wholeNumber';

export function aliasCommand(run: CommandRunner): Command {
  const alias = new Command('alias').description(
    'Names for versions, such as champion.',
  );
  alias
    .command('set')
    .description(
      'Let an alias name a version; moves it where it named another.',
    )
    .argument('<model>', 'name of the model')
    .argument('<alias>', 'e.g. champion')
    .argument('<version>', 'number of the version', wholeNumber(1))
    .option('--reason <text>', 'why; kept in the history')
    .option('--json', 'print the result as JSON')
    .action(
      (
        model: string,
        name: string,
        version: number,
        options: { reason?: string; json?: boolean },
      ) =>
        run(options, async ({ terminal, platform }) => {
          await platform().setAlias(model, name, {
            version,
            reason: options.reason,
          });
          terminal.result(
            { model, alias: name, version },
            `${model}: ${name} is version ${version}.`,
          );
        }),
    );
  return alias;
}
