import { once } from 'node:events';
import {
  createServer,
  IncomingMessage,
  Server,
  ServerResponse,
} from 'node:http';
import { AddressInfo } from 'node:net';

interface Tensor {
  name: string;
  data: unknown[];
}

/** A server as in an image: it answers with the status that it is asked for, and repeats what was sent where that is none. */
export class EchoingContainer {
  private constructor(private readonly server: Server) {}

  static async start(): Promise<EchoingContainer> {
    const server = createServer((request, response) => {
      answer(request, response).catch(error => response.destroy(error));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new EchoingContainer(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

async function answer(request: IncomingMessage, response: ServerResponse) {
  const text = (await request.toArray()).join('');
  if (!request.url?.endsWith('/infer')) {
    response.end('{}');
    return;
  }
  const { inputs } = JSON.parse(text) as { inputs: Tensor[] };
  const of = (name: string) =>
    inputs.find(tensor => tensor.name === name)?.data[0];
  const status = Number(of('status'));
  const note = String(of('note'));
  const shape = [inputs[0].data.length, 1];
  const data = inputs[0].data.map(() => 1);
  const bodies: Record<number, unknown> = {
    200: { outputs: [{ name: 'y', datatype: 'FP64', shape, data }] },
    400: { error: `${note} is refused, whatever ${inputs[0].name} is` },
    422: { detail: [{ loc: ['inputs', 0], input: text }] },
  };
  response.writeHead(status);
  response.end(JSON.stringify(bodies[status] ?? { error: text }));
}
