import { CallRate } from '@model-platform/plugin-model-platform-common';
import { Command, InvalidArgumentError } from 'commander';
import { CliError } from '../errors/CliError';
import { CommandRunner } from './CommandRunner';
import { wholeNumber } from './wholeNumber';

const UNIT_SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 };
const count = wholeNumber(1);

export function tokenCommand(run: CommandRunner): Command {
  return new Command('token')
    .description('Make a token with which an application calls an endpoint.')
    .argument('<endpoint>')
    .argument('<consumer>', 'the application, e.g. component:default/webshop')
    .option(
      '--expires-in <duration>',
      'how long it is good for, such as 5m, 12h or 90d; without it, for ever',
      seconds,
    )
    .option('--rate <n/per>', 'its calls, e.g. 100/second or 600/minute', rate)
    .option('--burst <n>', 'calls of --rate that may come at once', count)
    .option(
      '--may-choose-variant',
      'for testers: its calls may name the variant that answers, in x-model-variant; takes the right to deploy',
    )
    .option('--json', 'print the result as JSON')
    .action(
      (
        endpoint: string,
        consumer: string,
        options: {
          expiresIn?: number;
          rate?: CallRate;
          burst?: number;
          mayChooseVariant?: boolean;
          json?: boolean;
        },
      ) =>
        run(options, async ({ terminal, platform }) => {
          if (options.burst && !options.rate) {
            throw new CliError('WrongUsage', '--burst needs --rate.');
          }
          const made = await platform().createEndpointToken(endpoint, {
            consumer,
            expiresInSeconds: options.expiresIn,
            rate: options.rate && { ...options.rate, burst: options.burst },
            mayChooseVariant: options.mayChooseVariant,
          });
          terminal.result(made, made.token);
          if (terminal.json) return;
          terminal.note(
            `of ${made.consumer}, for ${endpoint}; it is shown this once`,
          );
        }),
    );
}

function seconds(text: string): number {
  const [, amount, unit] = /^([1-9]\d*)([smhd])$/.exec(text) ?? [];
  if (!amount) {
    throw new InvalidArgumentError(
      'It must be a duration such as 5m, 12h or 90d.',
    );
  }
  return Number(amount) * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS];
}

function rate(text: string): CallRate {
  const [, calls, per] = /^(\d+)\/(second|minute)$/.exec(text) ?? [];
  if (per !== 'second' && per !== 'minute') {
    throw new InvalidArgumentError(
      'It must be calls a second or minute: 100/second, 600/minute.',
    );
  }
  return { calls: Number(calls), per };
}
