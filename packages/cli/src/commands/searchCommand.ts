import { Command } from 'commander';
import { formatTable } from '../output/formatTable';
import { CommandRunner } from './CommandRunner';
import { wholeNumber } from './wholeNumber';

export function searchCommand(run: CommandRunner): Command {
  return new Command('search')
    .description('Find models you may see.')
    .argument('[text]', 'words to look for')
    .option(
      '--filter <expression>',
      'e.g. theme=retention, "evaluation.accuracy>=0.9", "metadata.data.period exists"; repeatable, all must hold',
      (given: string, before: string[]) => [...before, given],
      [],
    )
    .option('--limit <n>', 'at most so many', wholeNumber(1), 20)
    .option('--json', 'print the result as JSON')
    .action(
      (
        text: string | undefined,
        options: {
          filter: string[];
          limit: number;
          json?: boolean;
        },
      ) =>
        run(options, async ({ terminal, platform }) => {
          const page = await platform().listModels({
            q: text,
            filter: options.filter,
            limit: options.limit,
          });
          if (!page.items.length) {
            terminal.result(page, 'No model that you may see is like that.');
            return;
          }
          const rows = page.items.map(
            ({ name, type, owner, current, latest, description }) => [
              name,
              String(latest?.number ?? '-'),
              type,
              current?.theme ?? '-',
              owner,
              description.length > 60
                ? `${description.slice(0, 59)}…`
                : description,
            ],
          );
          terminal.result(page, [
            ...formatTable([
              ['MODEL', 'VERSION', 'TYPE', 'THEME', 'OWNER', 'DESCRIPTION'],
              ...rows,
            ]),
            ...(page.nextCursor
              ? ['', 'There are more: narrow it down, or raise --limit.']
              : []),
          ]);
        }),
    );
}
