import { Command } from 'commander';
import { CliError } from '../errors/CliError';
import { formatTable } from '../output/formatTable';
import { CommandRunner } from './CommandRunner';
import { wholeNumber } from './wholeNumber';

export function searchCommand(run: CommandRunner): Command {
  return new Command('search')
    .description('Find models you may see.')
    .argument('[text]', 'words to look for')
    .option(
      '--filter <key=value>',
      'e.g. theme=retention, metadata.method=cox; repeatable',
      collectFilters,
      [],
    )
    .option('--limit <n>', 'at most so many', wholeNumber(1), 20)
    .option('--json', 'print the result as JSON')
    .action(
      (
        text: string | undefined,
        options: { filter: string[]; limit: number; json?: boolean },
      ) =>
        run(options, async ({ terminal, platform }) => {
          const query = new URLSearchParams({ limit: String(options.limit) });
          if (text) query.set('q', text);
          for (const filter of options.filter) query.append('filter', filter);
          const page = await platform().searchModels(query);
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

function collectFilters(value: string, before: string[]): string[] {
  if (!/^[^=]+=./.test(value)) {
    throw new CliError('WrongUsage', `--filter takes key=value, not ${value}`);
  }
  return [...before, value];
}
