import { Script } from 'node:vm';

/** What is in a process that is written in a language. */
interface Scripted {
  $type?: string;
  id?: string;
  scriptFormat?: string;
  script?: string;
  conditionExpression?: { language?: string; body?: string };
}

interface Registered {
  id: string;
  type: string;
  behaviour: Scripted;
  environment: { timers: { register(owner: unknown): Timers } };
}

interface Timers {
  setTimeout(work: () => void, delay?: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** A script that never comes back would take the whole runner with it. */
const MAX_SCRIPT_MS = 1_000;
const JAVASCRIPT = /^((application|text)\/)?(javascript|js)$/i;

/** Code of a script task or of a condition; undefined where it has none, like a condition `${…}`. */
export function codeOf({
  conditionExpression,
  scriptFormat,
  script,
}: Scripted): { language: string; body: string } | undefined {
  const { language, body } = conditionExpression ?? {
    language: scriptFormat,
    body: script,
  };
  return language && body ? { language, body } : undefined;
}

/** Why the code can't be run; undefined where it can. */
export function codeProblem(scripted: Scripted): string | undefined {
  const code = codeOf(scripted);
  if (!code) return undefined;
  if (!JAVASCRIPT.test(code.language))
    return `'${scripted.id}' is written in ${code.language}; JavaScript is served`;
  try {
    return new Script(code.body) && undefined;
  } catch (error) {
    return `the script of '${scripted.id}' cannot be read: ${
      (error as Error).message
    }`;
  }
}

const CALL = new Script('work()');

/** For what a script does later: as short as itself. */
function shortTimers({ setTimeout, clearTimeout }: Timers) {
  return {
    clearTimeout,
    setTimeout: (
      work: (...args: unknown[]) => void,
      delay?: number,
      ...args: unknown[]
    ) =>
      setTimeout(
        () =>
          CALL.runInNewContext(
            { work: () => work(...args) },
            { timeout: MAX_SCRIPT_MS },
          ),
        delay,
      ),
  };
}

/** The scripts of one run, in the shape that the engine asks for. */
export class ProcessScripts {
  private readonly scripts = new Map<
    string,
    { execute(context: object, next: unknown): unknown }
  >();

  register({ id, type, behaviour, environment }: Registered) {
    const code = codeOf(behaviour);
    if (!code) return;
    const script = new Script(code.body, { filename: `${type}/${id}` });
    this.scripts.set(id, {
      execute: (context, next) =>
        script.runInNewContext(
          {
            ...context,
            ...shortTimers(environment.timers.register(context)),
            next,
          },
          { timeout: MAX_SCRIPT_MS },
        ),
    });
  }

  getScript(_language: string, { id }: { id: string }) {
    return this.scripts.get(id);
  }
}
