import { Command } from 'commander';
import { CliError } from '../errors/CliError';
import { callEndpoint } from '../invoke/callEndpoint';
import { readInputs } from '../invoke/readInputs';
import { CommandContext } from './CommandContext';
import { CommandRunner } from './CommandRunner';

/** Named as the caller of calls that a person makes to try an endpoint. */
const CONSUMER = 'component:default/model-platform-cli';
const TOKEN_SECONDS = 300;

export function invokeCommand(run: CommandRunner): Command {
  return new Command('invoke')
    .description('Call an endpoint.')
    .argument('<endpoint>', 'name of the endpoint, or its URL')
    .option(
      '--data <json>',
      "inputs as JSON, @file, or - for standard input; the endpoint's example where absent",
    )
    .option('--json', 'print the whole answer as JSON')
    .addHelpText(
      'after',
      '\nWithout MODEL_PLATFORM_ENDPOINT_TOKEN a token for five minutes is made, if you may make one.',
    )
    .action((endpoint: string, options: { data?: string; json?: boolean }) =>
      run(options, async context => {
        const { terminal, signal, env } = context;
        const given =
          options.data === undefined ? undefined : readInputs(options.data);
        const { url, example } = await locate(
          endpoint,
          context,
          given === undefined,
        );
        const body = given ?? { inputs: example };
        if (given === undefined)
          terminal.note(
            `inputs (the endpoint's example): ${JSON.stringify(example)}`,
          );
        const token =
          env.MODEL_PLATFORM_ENDPOINT_TOKEN ||
          (await makeToken(endpoint, context));
        const answer = await callEndpoint({ url, token, body, signal });
        terminal.result(
          answer,
          JSON.stringify(answer.outputs ?? answer, undefined, 2),
        );
        if (terminal.json || !answer.model) return;
        const { name, version, variant } = answer.model;
        terminal.note(
          `${name} version ${version}, variant ${variant}, request ${answer.requestId}`,
        );
      }),
    );
}

async function locate(
  endpoint: string,
  { platform, env }: CommandContext,
  needsExample: boolean,
): Promise<{ url: string; example?: Record<string, unknown> }> {
  if (/^https?:\/\//.test(endpoint)) {
    if (needsExample)
      throw new CliError(
        'WrongUsage',
        'An endpoint given by its URL needs --data.',
      );
    if (!env.MODEL_PLATFORM_ENDPOINT_TOKEN) {
      throw new CliError(
        'WrongUsage',
        'An endpoint given by its URL needs MODEL_PLATFORM_ENDPOINT_TOKEN.',
      );
    }
    return { url: endpoint };
  }
  const found = await platform().getEndpoint(endpoint);
  if (needsExample && !found.example) {
    throw new CliError(
      'WrongUsage',
      `${endpoint} has no example: give its inputs with --data.`,
      {
        details: [`What it takes: ${found.url}/docs`],
      },
    );
  }
  return found;
}

async function makeToken(
  endpoint: string,
  { platform, terminal }: CommandContext,
): Promise<string> {
  const made = await platform().createEndpointToken(endpoint, {
    consumer: CONSUMER,
    expiresInSeconds: TOKEN_SECONDS,
  });
  terminal.note(
    'MODEL_PLATFORM_ENDPOINT_TOKEN is not set: calling with a token made for five minutes',
  );
  return made.token;
}
