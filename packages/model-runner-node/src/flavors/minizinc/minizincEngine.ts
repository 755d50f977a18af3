import fs from 'node:fs';
import path from 'node:path';
import { compileFunction } from 'node:vm';
import { SolverEngine } from '../solving/SolverEngine';

export interface MinizincJob {
  files: Record<string, string>;
  args: string[];
}

/** What MiniZinc writes as its JSON stream, and how it ended. */
export interface MinizincMessage {
  type: string;
  [key: string]: unknown;
}

/**
 * MiniZinc in WebAssembly. Its package for Node starts a native `minizinc`;
 * the one for browsers carries everything, as the program of a web worker,
 * which is given here what it expects of one.
 */
export async function minizincEngine(): Promise<SolverEngine> {
  const script = require.resolve('minizinc/minizinc-worker.js');
  let send: (message: { data: unknown }) => void = () => {};
  let listen: (message: MinizincMessage) => void = () => {};
  const program = compileFunction(
    fs.readFileSync(script, 'utf8'),
    ['require', '__dirname', '__filename', 'addEventListener', 'postMessage'],
    { filename: script },
  );
  program(
    require,
    path.dirname(script),
    script,
    (_type: string, listener: typeof send) => {
      send = listener;
    },
    (message: MinizincMessage) => listen(message),
  );
  const ready = new Promise<void>(resolve => {
    listen = () => resolve();
  });
  send({
    data: {
      wasmURL: require.resolve('minizinc/minizinc.wasm'),
      dataURL: require.resolve('minizinc/minizinc.data'),
    },
  });
  await ready;
  return async (job, progress) => {
    const { files, args } = job as MinizincJob;
    const end = new Promise<MinizincMessage>(resolve => {
      listen = message => {
        if (message.type === 'exit') resolve(message);
        else progress(message);
      };
    });
    send({ data: { jsonStream: true, files, args } });
    return await end;
  };
}
