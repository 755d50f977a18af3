import { EventEmitter } from 'node:events';
import {
  setImmediate as turn,
  setTimeout as sleep,
} from 'node:timers/promises';
import { BpmnEngineOptions, Engine, Execution } from 'bpmn-engine';
import { RequestError } from '../../RequestError';
import { codeProblem, ProcessScripts } from './ProcessScripts';
import { failingSetTimeout, withScriptFailures } from './scriptFailures';

/** Activities of one call: one that enters more goes round in circles. */
const MAX_STEPS = 500;
const POLL_MS = 2;

/** Elements that call something outside, which a runner has not. */
const CALLING = ['bpmn:ServiceTask', 'bpmn:SendTask', 'bpmn:BusinessRuleTask'];

/** An activity that waits for its caller, or for a time. */
export interface Waiting {
  id: string;
  type: string;
  name?: string;
}

export interface Rest {
  status: 'completed' | 'waiting';
  /** To go on from; absent at the end. */
  state?: unknown;
  waitingFor: Waiting[];
  /** What the process has given so far, and its variables. */
  values: Record<string, unknown>;
}

/** Until when a run goes on. */
export interface RunLimit {
  /** By the clock, for scripts that answer later. */
  until: number;
  /** Aborted where nobody waits for it any more. */
  signal: AbortSignal;
}

type Values = Record<string, unknown>;
type State = Awaited<ReturnType<Engine['getState']>>;

/** An executable BPMN process. Nothing of a run stays here. */
export class Process {
  private constructor(
    private readonly source: string,
    /** The same as the engine takes it, by the id of its definitions. */
    private readonly sources: Map<string, string>,
  ) {}

  /** Throws, for the model's developer, where the file can't be run. */
  static async read(source: string): Promise<Process> {
    const problems: string[] = [];
    const engine = new Engine({
      source,
      scripts: new ProcessScripts(),
      extendFn(element: { $type?: string; id?: string }) {
        const { $type = '', id } = element;
        if (CALLING.includes($type))
          problems.push(
            `'${id}' is a ${$type.replace(
              'bpmn:',
              '',
            )}, and there is no service to call; use a script task, or a user task that the caller answers`,
          );
        const problem = codeProblem(element);
        if (problem) problems.push(problem);
        return undefined;
      },
    } as BpmnEngineOptions);
    const definitions = await engine.getDefinitions();
    if (problems.length > 0) throw new Error(problems.join('; '));
    if (!definitions.some(one => one.getExecutableProcesses().length > 0))
      throw new Error('no process in it is executable (isExecutable="true")');
    return new Process(
      source,
      new Map(
        definitions.map(({ id, environment }) => [
          id,
          environment.options.source.serialize(),
        ]),
      ),
    );
  }

  /** From its start to its end or next wait state. */
  async start(variables: Values, limit: RunLimit): Promise<Rest> {
    return await this.run(
      { source: this.source },
      limit,
      async (engine, listener) => engine.execute({ listener, variables }),
    );
  }

  /**
   * From a wait state to its end or the next one. `signal` is the id of the
   * activity that is answered, with the variables; without it only those go on
   * whose time has come.
   */
  async resume(
    state: unknown,
    signal: string | undefined,
    variables: Values,
    limit: RunLimit,
  ): Promise<Rest> {
    return await this.run({}, limit, async (engine, listener) => {
      engine.recover(this.withSource(state as State));
      for (const definition of await engine.getDefinitions()) {
        for (const { environment } of [
          definition,
          ...definition.getProcesses(),
        ])
          environment.assignVariables(variables);
      }
      const execution = await engine.resume({ listener });
      if (signal !== undefined) {
        const waiting = waitingOf(execution);
        if (!waiting.some(({ id }) => id === signal)) {
          const message = `must be one that is waited for: ${waiting
            .map(({ id }) => id)
            .join(', ')}`;
          throw new RequestError(400, `inputs.signal ${message}.`, [
            { path: 'inputs.signal', message },
          ]);
        }
        execution.signal({ ...variables, id: signal });
      }
      return execution;
    });
  }

  private withSource({ definitions, ...state }: State): State {
    return {
      ...state,
      definitions: definitions.map(definition => ({
        ...definition,
        source: this.sources.get(definition.id),
      })),
    };
  }

  private async run(
    options: BpmnEngineOptions,
    { until, signal }: RunLimit,
    begin: (engine: Engine, listener: EventEmitter) => Promise<Execution>,
  ): Promise<Rest> {
    const engine = new Engine({
      name: 'process',
      scripts: new ProcessScripts(),
      ...options,
    } as BpmnEngineOptions);
    const listener = new EventEmitter();
    let ended = false;
    let failure: { error: unknown } | undefined;
    let steps = 0;
    let at = '';
    const fail = (error: unknown) => {
      failure ??= { error };
    };
    engine.environment.timers.options = {
      setTimeout: failingSetTimeout(fail),
      clearTimeout,
    };
    engine.once('end', () => {
      ended = true;
    });
    engine.on('error', fail);
    listener.on('activity.enter', ({ id }: { id: string }) => {
      at = id;
      steps += 1;
      if (steps > MAX_STEPS)
        throw new Error(`more than ${MAX_STEPS} activities in one call`);
    });
    try {
      const execution = await withScriptFailures(fail, () =>
        begin(engine, listener),
      );
      // Rejected promises are told of between two turns.
      await turn();
      while (!ended && !failure && execution.activityStatus === 'executing') {
        signal.throwIfAborted();
        if (Date.now() > until) throw new Error('it did not rest in time');
        await sleep(POLL_MS);
      }
      if (failure) throw failure.error;
      const values = valuesOf(execution);
      if (ended) return { status: 'completed', waitingFor: [], values };
      return {
        status: 'waiting',
        waitingFor: waitingOf(execution),
        state: withoutSource(await engine.getState()),
        values,
      };
    } catch (error) {
      if (error instanceof RequestError) throw error;
      // What a script says may repeat what was sent; its kind and place do not.
      const { name = 'Error' } = Object(error);
      throw new Error(`The process failed at activity '${at}' (${name}).`);
    } finally {
      // Its timers go; after a failure it never says that it has stopped.
      if (!ended) engine.stop()?.catch(() => {});
    }
  }
}

/** A state tells where a process is; what it does is the version's to say. */
function withoutSource({ definitions, ...state }: State): State {
  return {
    ...state,
    definitions: definitions.map(({ source: _source, ...rest }) => rest),
  };
}

function waitingOf(execution: Execution): Waiting[] {
  const leaves = (
    postponed: ReturnType<Execution['getPostponed']>,
  ): Waiting[] =>
    postponed.flatMap(api => {
      const inside = api
        .getPostponed()
        .filter(({ id }) => id !== undefined && id !== api.id);
      if (inside.length > 0) return leaves(inside);
      return [
        {
          id: api.id,
          type: api.type.replace('bpmn:', ''),
          ...(api.name ? { name: api.name } : {}),
        },
      ];
    });
  return leaves(execution.getPostponed());
}

function valuesOf(execution: Execution): Values {
  const environments = execution.definitions.flatMap(definition => [
    definition.environment,
    ...definition.getProcesses().map(({ environment }) => environment),
  ]);
  return Object.assign(
    Object.create(null),
    ...environments.map(({ variables }) => variables),
    ...environments.map(({ output }) => output),
  );
}
