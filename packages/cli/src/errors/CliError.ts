import { FieldProblem } from '@model-platform/plugin-model-platform-common';

/** 0 done, 1 refused or failed, 2 wrong usage, 3 cannot reach or not allowed. */
export type ExitCode = 0 | 1 | 2 | 3;

const exitCodes = {
  Refused: 1,
  Failed: 1,
  WrongUsage: 2,
  Unreachable: 3,
  NotAllowed: 3,
} as const;

/**
 * An end of a command that its user can act on: printed as it is, without a
 * stack. Everything else that is thrown is a bug of ours, and shown as one.
 */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  readonly problems?: FieldProblem[];
  /** Lines below the message: what to do, or where it was. */
  readonly details: string[];
  /** HTTP status of the answer that told it, where one did. */
  readonly status?: number;

  constructor(
    name: 'Refused' | 'Failed' | 'WrongUsage' | 'Unreachable' | 'NotAllowed',
    message: string,
    options: {
      problems?: FieldProblem[];
      details?: string[];
      status?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = name;
    this.problems = options.problems;
    this.details = options.details ?? [];
    this.status = options.status;
    this.exitCode = exitCodes[name];
  }
}
