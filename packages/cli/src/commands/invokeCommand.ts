import { Command } from 'commander';
import { CliError } from '../errors/CliError';
import {
  callEndpoint,
  CallEndpointOptions,
  EndpointAnswer,
} from '../invoke/callEndpoint';
import { readInputs } from '../invoke/readInputs';
import { exactJson } from '../output/exactJson';
import { sleep } from '../platform/sleep';
import { CommandContext } from './CommandContext';
import { CommandRunner } from './CommandRunner';

/** Named as the caller of calls that a person makes to try an endpoint. */
const CONSUMER = 'component:default/model-platform-cli';
const TOKEN_SECONDS = 300;
const TOKEN_KNOWN_WITHIN_MS = 10_000;

interface InvokeOptions {
  data?: string;
  variant?: string;
  json?: boolean;
}

export function invokeCommand(run: CommandRunner): Command {
  return new Command('invoke')
    .description('Call an endpoint.')
    .argument('<endpoint>', 'name of the endpoint, or its URL')
    .option(
      '--data <json>',
      "inputs as JSON, @file, or - for standard input; the endpoint's example where absent",
    )
    .option('--variant <name>', 'that shall answer; for testers')
    .option('--json', 'print the whole answer as JSON')
    .addHelpText(
      'after',
      '\nWithout MODEL_PLATFORM_ENDPOINT_TOKEN a token for five minutes is made, if you may make one.',
    )
    .action((endpoint: string, options: InvokeOptions) =>
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
        const call = { url, body, signal, variant: options.variant };
        const token = env.MODEL_PLATFORM_ENDPOINT_TOKEN;
        const answer = token
          ? await callEndpoint({ ...call, token })
          : await callWithNewToken(endpoint, call, context);
        terminal.result(answer, exactJson.format(answer.outputs ?? answer));
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
  { platform, env, terminal }: CommandContext,
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
  if (!found.ready) {
    terminal.note(
      `${endpoint} is not ready: model-platform status ${endpoint} says why`,
    );
  }
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

/** Makes a token and calls with it, as soon as the gateway has heard of it. */
async function callWithNewToken(
  endpoint: string,
  call: Omit<CallEndpointOptions, 'token'>,
  { platform, terminal }: CommandContext,
): Promise<EndpointAnswer> {
  const { token } = await platform().createEndpointToken(endpoint, {
    consumer: CONSUMER,
    expiresInSeconds: TOKEN_SECONDS,
    mayChooseVariant: call.variant !== undefined || undefined,
  });
  terminal.note(
    'MODEL_PLATFORM_ENDPOINT_TOKEN is not set: calling with a token made for five minutes',
  );
  const deadline = Date.now() + TOKEN_KNOWN_WITHIN_MS;
  for (;;) {
    try {
      return await callEndpoint({ ...call, token });
    } catch (error) {
      const unknownYet = error instanceof CliError && error.status === 401;
      if (!unknownYet || Date.now() >= deadline) throw error;
      await sleep(100, call.signal);
    }
  }
}
