import { Command } from 'commander';
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
      'only this request, as status shows it; the one that waits where absent',
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
        const { reason, request, withdraw } = options;
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
