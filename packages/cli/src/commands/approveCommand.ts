import { ModelPlatformClient } from '@model-platform/plugin-model-platform-common';
import { Command } from 'commander';
import { describeRequest } from '../deploy/describeRequest';
import { CliError } from '../errors/CliError';
import { CommandRunner } from './CommandRunner';
import { wholeNumber } from './wholeNumber';

/** `approve` and `refuse`: what a person says of a revision that waits. */
export function approveCommand(
  run: CommandRunner,
  command: 'approve' | 'refuse',
): Command {
  const decision = command === 'approve' ? 'approved' : 'refused';
  const approve = new Command(command)
    .description(
      command === 'approve'
        ? 'Approve the revision of a deployment that waits for it.'
        : 'Refuse the revision of a deployment that waits for an approval.',
    )
    .argument('<deployment>')
    .requiredOption('--reason <text>', 'why; kept in the history')
    .option(
      '--request <number>',
      'the request that you looked at, as status shows it',
      wholeNumber(1),
    )
    .option('--json', 'print the result as JSON');
  if (command === 'approve') {
    approve.option(
      '--withdraw',
      'take back your own approval, as long as the revision is not made',
    );
  }
  return approve.action(
    (
      name: string,
      options: {
        reason: string;
        request?: number;
        withdraw?: boolean;
        json?: boolean;
      },
    ) =>
      run(options, async ({ terminal, platform }) => {
        const { reason, withdraw } = options;
        const request =
          options.request ??
          (await waitingRequest(platform(), { command, name, withdraw }));
        const deployment = await platform().decideRevision(name, {
          ...{ reason, request },
          decision: withdraw ? 'withdrawn' : decision,
        });
        const waiting = deployment.conditions.find(
          ({ type }) => type === 'Waiting',
        );
        terminal.result(deployment, [
          withdraw
            ? `${name}: your approval is taken back.`
            : `${name}: the revision is ${decision}.`,
          ...(waiting && !withdraw && command === 'approve'
            ? [
                `It is made once all of its gates hold; model-platform status ${name} shows them.`,
              ]
            : []),
        ]);
      }),
  );
}

/** Of who names none: an approval is taken back as it is; else what waits must have been looked at. */
async function waitingRequest(
  platform: ModelPlatformClient,
  given: { command: string; name: string; withdraw?: boolean },
): Promise<number> {
  const { command, name, withdraw } = given;
  const deployment = await platform.getDeployment(name);
  if (!deployment.request) {
    throw new CliError(
      'Refused',
      `No revision of ${name} waits for its gates.`,
    );
  }
  const { number } = deployment.request;
  if (withdraw) return number;
  throw new CliError(
    'WrongUsage',
    'Say which request you have looked at, since another one may wait by then.',
    {
      details: [
        ...describeRequest(deployment),
        `To ${command} it: model-platform ${command} ${name} --request ${number} --reason '…'`,
      ],
    },
  );
}
