import { Command } from 'commander';
import { formatBytes } from '../output/formatBytes';
import { shellQuote } from '../output/shellQuote';
import { Amount, publish } from '../publish/publish';
import { CommandRunner } from './CommandRunner';

export function publishCommand(run: CommandRunner): Command {
  return new Command('publish')
    .description(
      'Publish the model in a folder as a new version. The folder holds a model.yaml.',
    )
    .argument('[folder]', 'folder with a model.yaml, or the file itself', '.')
    .option('--dry-run', 'say what would be refused, and store nothing')
    .option('--force', 'make a new version even where it equals the newest one')
    .option(
      '--strict',
      'refuse files with secrets, and pickles that import what no model needs',
    )
    .option('--json', 'print the result as JSON')
    .action(
      (
        folder: string,
        options: {
          dryRun?: boolean;
          force?: boolean;
          strict?: boolean;
          json?: boolean;
        },
      ) =>
        run(options, async ({ env, terminal, signal, platform }) => {
          const published = await publish({
            folder,
            dryRun: options.dryRun ?? false,
            force: options.force ?? false,
            strict: options.strict ?? false,
            platform,
            terminal,
            env,
            signal,
          });
          const { warnings } = published;
          if (!('version' in published)) {
            terminal.result(
              { problems: [], warnings },
              'Nothing would be refused. Nothing was published.',
            );
            return;
          }
          const { version, unchanged, resumed, uploaded, deduplicated } =
            published;
          terminal.result(
            {
              model: version.model,
              version: version.number,
              unchanged,
              resumed,
              uploaded,
              deduplicated,
              manifestDigest: version.manifestDigest,
              warnings,
            },
            unchanged
              ? [
                  `${version.model} is unchanged: version ${version.number} equals this folder.`,
                  '--force makes a new version all the same.',
                ]
              : [
                  `Published ${version.model}, version ${
                    version.number
                  } (${sayAmount(uploaded)} sent${
                    deduplicated.files > 0
                      ? `; ${sayAmount(deduplicated)} there already`
                      : ''
                  }).`,
                  ...nextSteps(folder, version.model, version.number),
                ],
          );
        }),
    );
}

function sayAmount({ files, bytes }: Amount): string {
  return `${files} ${files === 1 ? 'file' : 'files'}, ${formatBytes(bytes)}`;
}

function nextSteps(folder: string, model: string, version: number): string[] {
  const deploy = `model-platform deploy${
    folder === '.' ? '' : ` ${shellQuote(folder)}`
  }`;
  const alias = `model-platform alias set ${shellQuote(
    model,
  )} champion ${version}`;
  const width = Math.max(deploy.length, alias.length);
  return [
    '',
    'Next:',
    `  ${deploy.padEnd(width)}   serve it at an endpoint`,
    `  ${alias.padEnd(width)}   name it the one in use`,
  ];
}
