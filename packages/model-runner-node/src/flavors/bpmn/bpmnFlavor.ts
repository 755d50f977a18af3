import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { WireSignature, WireSignatureField } from '@model-platform/model-wire';
import { RequestError } from '../../RequestError';
import { Flavor, Row } from '../Flavor';
import { onlyFile } from '../onlyFile';
import { signatureTensors } from '../signatureTensors';
import { Process, Rest, RunLimit } from './Process';
import { takeScriptRejections } from './scriptFailures';
import { StateSeal } from './StateSeal';

/** For all lines of a call. */
const MAX_CALL_MS = 20_000;

type Kind = Pick<WireSignatureField, 'type'> & { isList?: boolean };

/** Inputs and outputs that tell of the run; all others are variables of the process. */
const ofTheRun: Record<keyof WireSignature, Record<string, Kind>> = {
  inputs: { state: { type: 'string' }, signal: { type: 'string' } },
  outputs: {
    status: { type: 'string' },
    state: { type: 'string' },
    waitingFor: { type: 'object', isList: true },
  },
};

/** BPMN processes, to their end or next wait state, by bpmn-engine: `https://www.omg.org/bpmn`. */
export const bpmnFlavor: Flavor = {
  name: 'bpmn',

  async load(manifest, directory, { stateKey }) {
    const { signature } = manifest;
    const file = onlyFile(manifest, ['.bpmn']);
    const problems = [
      ...problemsOf(signature, 'inputs'),
      ...problemsOf(signature, 'outputs'),
    ];
    if (problems.length > 0)
      throw new Error(`The signature does not fit: ${problems.join('; ')}.`);
    if (!stateKey)
      throw new Error(
        'STATE_KEY is not in the environment; waiting processes are sealed with it.',
      );
    const seal = new StateSeal(stateKey, manifest);
    const runnable = await Process.read(
      await readFile(path.join(directory, file), 'utf8'),
    ).catch(error => {
      throw new Error(`${file} cannot be served: ${error.message}.`);
    });

    takeScriptRejections();

    const answer = (rest: Rest): Row =>
      Object.fromEntries(
        signature.outputs.map(({ name }) => {
          if (name === 'status') return [name, rest.status];
          if (name === 'waitingFor') return [name, rest.waitingFor];
          if (name === 'state')
            return [name, rest.state ? seal.seal(rest.state) : null];
          return [name, asJson(rest.values[name])];
        }),
      );

    const advance = async (row: Row, limit: RunLimit): Promise<Rest> => {
      const { state, signal } = row;
      const variables = Object.fromEntries(
        Object.entries(row).filter(
          ([name, value]) =>
            value !== null && !Object.hasOwn(ofTheRun.inputs, name),
        ),
      );
      if (typeof state === 'string')
        return await runnable.resume(
          seal.open(state),
          typeof signal === 'string' ? signal : undefined,
          variables,
          limit,
        );
      if (typeof signal === 'string') {
        const message = 'needs the state of the process that it is for';
        throw new RequestError(400, `inputs.signal ${message}.`, [
          { path: 'inputs.signal', message },
        ]);
      }
      return await runnable.start(variables, limit);
    };

    return {
      platform: 'bpmn_engine',
      ...signatureTensors(signature, async (rows, { signal }) => {
        const limit = { signal, until: Date.now() + MAX_CALL_MS };
        const answers: Row[] = [];
        for (const row of rows) answers.push(answer(await advance(row, limit)));
        return answers;
      }),
    };
  },
};

/** Variables may be anything that a script gives them, such as moments. */
function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value) ?? 'null');
}

function problemsOf(
  signature: WireSignature,
  side: keyof WireSignature,
): string[] {
  return signature[side].flatMap(({ name, type, shape, optional }) => {
    const kind = Object.hasOwn(ofTheRun[side], name) && ofTheRun[side][name];
    if (!kind) return [];
    const is = shape?.length === (kind.isList ? 1 : undefined);
    if (type !== kind.type || !is)
      return [
        `${side} '${name}' must be of type ${kind.type}${
          kind.isList ? ' with shape [-1]' : ''
        }`,
      ];
    return side === 'inputs' && !optional
      ? [`input '${name}' must be optional`]
      : [];
  });
}
