import net from 'node:net';
import { once } from 'node:events';
import { readAnswer } from './httpExchange.mjs';

/**
 * One connection that is kept, without Nagle's delay, for one request at a
 * time. It does as little as it can: it shares the machine with what it measures.
 */
export class KeptConnection {
  #socket;
  #received;
  #answered;

  static async open(url) {
    const { hostname, port } = new URL(url);
    const connection = new KeptConnection();
    const socket = net.connect({ host: hostname, port, noDelay: true });
    connection.#socket = socket;
    await once(socket, 'connect');
    socket.on('data', chunk => connection.#take(chunk));
    socket.on('error', error => connection.#settle(error));
    socket.on('close', () =>
      connection.#settle(new Error('The connection was closed.')),
    );
    return connection;
  }

  /** @param answered - called with an error, or with the answer's status and body */
  send(bytes, answered) {
    this.#answered = answered;
    this.#socket.write(bytes);
  }

  close() {
    this.#socket.destroy();
  }

  #take(chunk) {
    this.#received = this.#received
      ? Buffer.concat([this.#received, chunk])
      : chunk;
    let answer;
    try {
      answer = readAnswer(this.#received);
    } catch (error) {
      this.#settle(error);
      return;
    }
    if (!answer) return;
    this.#received = undefined;
    this.#settle(undefined, answer);
  }

  #settle(error, answer) {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(error, answer);
  }
}

/** One request, and its answer. */
export async function ask(url, bytes) {
  const connection = await KeptConnection.open(url);
  try {
    return await new Promise((resolve, reject) => {
      connection.send(bytes, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
  } finally {
    connection.close();
  }
}
