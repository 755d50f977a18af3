import { Command } from 'commander';
import { CliError } from '../errors/CliError';
import { tryExamples } from '../local/tryExamples';
import { CommandRunner } from './CommandRunner';

export function testCommand(run: CommandRunner): Command {
  return new Command('test')
    .description(
      "Run a model's own example requests against a runner on this machine.",
    )
    .argument('[folder]', 'folder with a model.yaml', '.')
    .option(
      '--settings <file>',
      'YAML with configuration and secrets for endpoint code',
    )
    .option('--json', 'print the result as JSON')
    .action((folder: string, options: { settings?: string; json?: boolean }) =>
      run(options, async ({ env, terminal, signal }) => {
        const tried = await tryExamples({
          ...{ folder, env, terminal, signal },
          settings: options.settings,
        });
        const failed = tried.filter(({ passed }) => !passed);
        const lines = tried.flatMap(
          ({ name, passed, problems, durationMs }) => [
            `${passed ? 'passed' : 'FAILED'}  ${name} (${durationMs} ms)`,
            ...problems.map(problem => `        ${problem}`),
          ],
        );
        if (terminal.json || failed.length === 0)
          terminal.result({ examples: tried }, lines);
        if (failed.length === 0) return;
        throw new CliError(
          'Failed',
          `${failed.length} of ${tried.length} examples failed.`,
          { details: lines },
        );
      }),
    );
}
