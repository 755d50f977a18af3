import { Command } from 'commander';
import { describeRevision } from '../deploy/describeRevision';
import { CommandRunner } from './CommandRunner';
import { wholeNumber } from './wholeNumber';

export function rollbackCommand(run: CommandRunner): Command {
  return new Command('rollback')
    .description('Serve an earlier revision again.')
    .argument('<deployment>')
    .argument(
      '[revision]',
      'number of the revision; the last other one that has served where absent',
      wholeNumber(1),
    )
    .option('--reason <text>', 'why; kept in the history')
    .option(
      '--allow-breaking',
      'also where it breaks the signature that the endpoint serves',
    )
    .option(
      '--allow-unserved',
      'also to a revision that never had all traffic, as where it was given up or its canary was rolled back',
    )
    .option('--json', 'print the result as JSON')
    .action(
      (
        name: string,
        revision: number | undefined,
        options: {
          reason?: string;
          allowBreaking?: boolean;
          allowUnserved?: boolean;
          json?: boolean;
        },
      ) =>
        run(options, async ({ terminal, platform }) => {
          const deployment = await platform().rollback(name, {
            revision,
            reason: options.reason,
            allowBreaking: options.allowBreaking,
            allowUnserved: options.allowUnserved,
          });
          terminal.result(deployment, [
            `${name} is rolled back.`,
            ...describeRevision(deployment),
          ]);
        }),
    );
}
