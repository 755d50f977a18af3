import { CommandContext } from './CommandContext';

/** Runs a command with its context; `options` are those that commander parsed. */
export type CommandRunner = (
  options: { json?: boolean },
  run: (context: CommandContext) => Promise<void>,
) => Promise<void>;
