import { Command } from 'commander';
import { freePort } from '../local/startRunner';
import { serveFolder } from '../local/serveFolder';
import { CommandRunner } from './CommandRunner';
import { wholeNumber } from './wholeNumber';

export function devCommand(run: CommandRunner): Command {
  return new Command('dev')
    .description(
      'Serve a model on this machine, again with every change of its files, until Ctrl-C.',
    )
    .argument('[folder]', 'folder with a model.yaml', '.')
    .option(
      '--port <port>',
      'port to serve at; a free one by default',
      wholeNumber(1),
    )
    .option(
      '--settings <file>',
      'YAML with configuration and secrets for endpoint code',
    )
    .action((folder: string, options: { port?: number; settings?: string }) =>
      run({}, async ({ env, terminal, signal }) => {
        await serveFolder({
          ...{ folder, env, terminal, signal },
          port: options.port ?? (await freePort()),
          settings: options.settings,
        });
      }),
    );
}
