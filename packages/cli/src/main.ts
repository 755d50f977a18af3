import { ModelPlatformClient } from '@model-platform/plugin-model-platform-common';
import { CommanderError } from 'commander';
import { CommandContext } from './commands/CommandContext';
import { createProgram } from './commands/createProgram';
import { CliError } from './errors/CliError';
import { Terminal } from './output/Terminal';
import { createCiToken } from './platform/createCiToken';
import { createPlatformFetch } from './platform/platformFetch';
import { Connection, resolveConnection } from './platform/resolveConnection';
import { useProxies } from './platform/useProxies';

/** What a shell expects of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

async function main(argv: string[]): Promise<number> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () =>
      interrupt.abort(new DOMException(`ended by ${signal}`, 'AbortError')),
    );
  }
  // A reader that has seen enough, such as `head`, is no failure of ours.
  process.stdout.on('error', error => {
    if ('code' in error && error.code === 'EPIPE') process.exit(0);
  });

  await useProxies(process.env);
  let terminal = new Terminal({
    json: argv.includes('--json'),
    stdout: process.stdout,
    stderr: process.stderr,
  });
  const program = createProgram(async (options, run) => {
    terminal = new Terminal({
      json: options.json ?? false,
      stdout: process.stdout,
      stderr: process.stderr,
    });
    await run(createContext(terminal, interrupt.signal));
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (interrupt.signal.aborted) {
      terminal.note('Interrupted.');
      return INTERRUPTED;
    }
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof CliError) {
      terminal.failure(error);
      return error.exitCode;
    }
    terminal.clearProgress();
    process.stderr.write(
      `${error instanceof Error ? error.stack : String(error)}\n`,
    );
    return 1;
  }
}

function createContext(
  terminal: Terminal,
  signal: AbortSignal,
): CommandContext {
  const { env } = process;
  let known: Connection | undefined;
  let platform: ModelPlatformClient | undefined;
  const connection = () => {
    known ??= resolveConnection({
      env,
      cwd: process.cwd(),
      note: message => terminal.note(message),
    });
    return known;
  };
  return {
    env,
    terminal,
    signal,
    connection,
    platform: () => {
      platform ??= new ModelPlatformClient({
        baseUrl: `${connection().portalUrl}/api/model-platform`,
        fetch: createPlatformFetch({
          connection: connection(),
          ciToken: createCiToken({
            env,
            audience: connection().portalUrl,
            signal,
            note: message => terminal.note(message),
          }),
          signal,
        }),
      });
      return platform;
    },
  };
}

main(process.argv.slice(2)).then(
  exitCode => {
    // Open sockets of an interrupted upload must not keep the process.
    if (exitCode === INTERRUPTED) process.exit(exitCode);
    process.exitCode = exitCode;
  },
  error => {
    process.stderr.write(
      `${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exitCode = 1;
  },
);
