import { FieldProblem } from '@model-platform/plugin-model-platform-common';
import { CliError } from '../errors/CliError';
import { exactJson } from './exactJson';
import { formatProblems } from './formatProblems';

/**
 * Where a command speaks. Results go to stdout, everything else to stderr, so
 * that `model-platform … | jq` works. With `--json`, stdout carries one JSON
 * document and nothing else, whether the command succeeded or not.
 */
export class Terminal {
  readonly json: boolean;
  private readonly stdout: NodeJS.WriteStream;
  private readonly stderr: NodeJS.WriteStream;
  private progressShown = false;
  private hasResult = false;

  constructor(options: {
    json: boolean;
    stdout: NodeJS.WriteStream;
    stderr: NodeJS.WriteStream;
  }) {
    this.json = options.json;
    this.stdout = options.stdout;
    this.stderr = options.stderr;
  }

  /** The result: `text` for people, `document` for scripts. */
  result(document: unknown, text: string | string[]): void {
    this.clearProgress();
    const shown = this.json
      ? exactJson.format(document)
      : plain([text].flat().join('\n'));
    this.stdout.write(`${shown}\n`);
    this.hasResult = true;
  }

  /** One of many results that come one by one, e.g. a log line. */
  line(document: unknown, text: string): void {
    this.clearProgress();
    this.stdout.write(
      `${this.json ? JSON.stringify(document) : plain(text)}\n`,
    );
  }

  /** What happens meanwhile, for the person who watches. */
  note(message: string): void {
    this.clearProgress();
    this.stderr.write(`${plain(message)}\n`);
  }

  /** Replaces the last progress; shown on a terminal only. */
  progress(message: string): void {
    if (!this.stderr.isTTY) return;
    const width = this.stderr.columns || 80;
    this.stderr.write(`\r\x1b[2K${plain(message).slice(0, width - 1)}`);
    this.progressShown = true;
  }

  clearProgress(): void {
    if (!this.progressShown) return;
    this.stderr.write('\r\x1b[2K');
    this.progressShown = false;
  }

  /** An end that is not the wished one. */
  failure(error: CliError): void {
    this.clearProgress();
    // A result that was told has it, such as a difference: stdout carries one document.
    if (this.json && !this.hasResult) {
      const document: {
        error: { name: string; message: string; problems?: FieldProblem[] };
      } = {
        error: {
          name: error.name,
          message: error.message,
          problems: error.problems,
        },
      };
      this.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
    }
    const lines = [error.message];
    if (error.problems) lines.push('', ...formatProblems(error.problems));
    if (error.details.length) lines.push('', ...error.details);
    this.stderr.write(`${plain(lines.join('\n'))}\n`);
  }
}

/** What others wrote, such as log lines, must not steer the terminal. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, char =>
    char === '\n' || char === '\t' ? char : '\ufffd',
  );
}
