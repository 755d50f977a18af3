import { once } from 'node:events';
import {
  createServer,
  IncomingHttpHeaders,
  IncomingMessage,
  Server,
  ServerResponse,
} from 'node:http';
import { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

type Body = Record<string, any>;
type ProtocolName = 'openai' | 'anthropic';

/** What it was sent. */
export interface ReceivedRequest {
  protocol: ProtocolName;
  headers: IncomingHttpHeaders;
  body: Body;
  /** Whether the caller went before it had the whole answer. */
  isCancelled: boolean;
}

/** What it does with one request. */
export type Reaction =
  /** `afterMs`: begins so much later; `hold`: after the first piece of a stream, waits for it. */
  | {
      text: string;
      afterMs?: number;
      hold?: Promise<void>;
      finishReason?: string;
    }
  /** A stream that says it again and again, and never comes to its end. */
  | { endless: string }
  | { status: number; headers?: Record<string, string>; body?: unknown }
  | { raw: string }
  /** Ends the connection in the middle of the answer; of a stream after its first text. */
  | { cut: string }
  | { hang: true };

const paths: Record<string, ProtocolName> = {
  '/v1/chat/completions': 'openai',
  '/v1/messages': 'anthropic',
};

/** Fields of a request that the protocols know, as far as anybody here sends them. */
const known: Record<ProtocolName, string[]> = {
  openai: [
    'model',
    'messages',
    'temperature',
    'top_p',
    'max_tokens',
    'max_completion_tokens',
    'stop',
    'seed',
    'stream',
    'stream_options',
    'response_format',
  ],
  anthropic: [
    'model',
    'messages',
    'system',
    'max_tokens',
    'temperature',
    'top_p',
    'stop_sequences',
    'stream',
    'tools',
    'tool_choice',
  ],
};

const wordsIn = (text: string) => text.split(/(?<=\s)/).filter(Boolean);
const isFirstText = (event: string, text: string) =>
  event.includes(JSON.stringify(wordsIn(text)[0]));
const count = (text: string) => wordsIn(text).length;

/**
 * A server that speaks both protocols of language models over real HTTP, and
 * is strict about what it is sent. It answers by what it was told to do next,
 * else with what it was asked; where JSON is wanted, with what fits the schema.
 */
export class LanguageModelServer {
  readonly requests: ReceivedRequest[] = [];
  private readonly reactions: Reaction[] = [];
  private readonly server: Server;

  private constructor(readonly apiKey: string) {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch(error => response.destroy(error));
    });
  }

  static async start(apiKey: string): Promise<LanguageModelServer> {
    const server = new LanguageModelServer(apiKey);
    server.server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** With the next requests it does these, one after the other. */
  next(...reactions: Reaction[]): void {
    this.reactions.push(...reactions);
  }

  /** Forgets what it was sent and told. */
  reset(): void {
    this.requests.length = 0;
    this.reactions.length = 0;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async handle(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const protocol = paths[request.url ?? ''];
    if (!protocol || request.method !== 'POST') {
      refuse(response, 404, 'not_found_error');
      return;
    }
    const body = (await json(request)) as Body;
    const received: ReceivedRequest = {
      protocol,
      headers: request.headers,
      body,
      isCancelled: false,
    };
    this.requests.push(received);
    response.on('close', () => {
      received.isCancelled = !response.writableFinished;
    });
    if (!this.isAllowed(protocol, request.headers)) {
      refuse(response, 401, 'authentication_error');
      return;
    }
    const problem = problemOf(protocol, request.headers, body);
    if (problem) {
      refuse(response, 400, 'invalid_request_error', problem);
      return;
    }
    await this.react(protocol, body, response);
  }

  private isAllowed(
    protocol: ProtocolName,
    headers: IncomingHttpHeaders,
  ): boolean {
    return (
      headers.authorization === `Bearer ${this.apiKey}` ||
      (protocol === 'anthropic' && headers['x-api-key'] === this.apiKey)
    );
  }

  private async react(
    protocol: ProtocolName,
    body: Body,
    response: ServerResponse,
  ): Promise<void> {
    const reaction = this.reactions.shift() ?? { text: answerTo(body) };
    if ('hang' in reaction) return;
    if ('status' in reaction) {
      response.writeHead(reaction.status, {
        'content-type': 'application/json',
        ...reaction.headers,
      });
      response.end(JSON.stringify(reaction.body ?? { error: {} }));
      return;
    }
    if ('raw' in reaction) {
      response.writeHead(200, {
        'content-type': body.stream ? 'text/event-stream' : 'application/json',
      });
      response.end(reaction.raw);
      return;
    }
    const speak = protocol === 'openai' ? speakOpenAi : speakAnthropic;
    if ('cut' in reaction) {
      response.writeHead(200, {
        'content-type': body.stream ? 'text/event-stream' : 'application/json',
        'transfer-encoding': 'chunked',
      });
      const whole = speak(body, reaction.cut, 'stop');
      const first = whole.events.findIndex(event =>
        isFirstText(event, reaction.cut),
      );
      response.write(
        body.stream
          ? whole.events.slice(0, first + 1).join('')
          : whole.answer.slice(0, 20),
        () => response.destroy(),
      );
      return;
    }
    if ('endless' in reaction) {
      const { events } = speak(body, reaction.endless, 'stop');
      const piece = events.find(event => isFirstText(event, reaction.endless));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const saying = setInterval(() => response.write(piece), 20);
      response.on('close', () => clearInterval(saying));
      return;
    }
    if (reaction.afterMs) await pause(reaction.afterMs);
    const { answer, events } = speak(
      body,
      reaction.text,
      reaction.finishReason ?? 'stop',
    );
    if (!body.stream) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(answer);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let held = reaction.hold;
    for (const event of events) {
      response.write(event);
      if (held && isFirstText(event, reaction.text)) {
        await held;
        held = undefined;
      }
    }
    response.end();
  }
}

function refuse(
  response: ServerResponse,
  status: number,
  type: string,
  message = type,
): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ type: 'error', error: { type, message } }));
}

/** What is wrong with a request, by the protocol. */
function problemOf(
  protocol: ProtocolName,
  headers: IncomingHttpHeaders,
  body: Body,
): string | undefined {
  const unknown = Object.keys(body).filter(
    name => !known[protocol].includes(name),
  );
  if (unknown.length > 0) return `unknown: ${unknown}`;
  if (typeof body.model !== 'string') return 'model is missing';
  if (!Array.isArray(body.messages) || body.messages.length === 0)
    return 'messages are missing';
  const roles =
    protocol === 'openai'
      ? ['system', 'user', 'assistant']
      : ['user', 'assistant'];
  for (const { role, content } of body.messages) {
    if (!roles.includes(role)) return `role ${role}`;
    if (typeof content !== 'string' || content === '') return 'empty content';
  }
  if (protocol === 'openai')
    return body.stream_options && !body.stream
      ? 'stream_options without stream'
      : undefined;
  const version = headers['anthropic-version'];
  if (version === '2026-10-21') {
    if ('temperature' in body || 'top_p' in body) return 'sampling';
  } else if (version !== '2023-06-01') return 'no such version';
  if (!Number.isInteger(body.max_tokens)) return 'max_tokens is missing';
  return body.temperature > 1 ? 'temperature' : undefined;
}

function schemaOf(body: Body): Body | undefined {
  return (
    body.response_format?.json_schema?.schema ?? body.tools?.[0]?.input_schema
  );
}

function answerTo(body: Body): string {
  const schema = schemaOf(body);
  return schema
    ? JSON.stringify(sampleOf(schema))
    : `You said: ${body.messages.at(-1).content}`;
}

/** Something that fits a schema. */
function sampleOf(schema: Body): unknown {
  if (schema.enum) return schema.enum[0];
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries<Body>(schema.properties).map(([name, property]) => [
          name,
          sampleOf(property),
        ]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 1 }, () =>
        sampleOf(schema.items),
      );
    case 'boolean':
      return true;
    case 'string':
      return 'some words';
    default:
      return schema.minimum ?? 1;
  }
}

interface Spoken {
  answer: string;
  events: string[];
}

function speakOpenAi(body: Body, text: string, finish: string): Spoken {
  const usage = {
    prompt_tokens: count(
      body.messages.map(({ content }: Body) => content).join(' '),
    ),
    completion_tokens: count(text),
    total_tokens: 0,
  };
  const facts = { id: 'chatcmpl-1', created: 1, model: body.model };
  const chunk = (choices: unknown[], more = {}) =>
    `data: ${JSON.stringify({
      ...facts,
      object: 'chat.completion.chunk',
      choices,
      ...more,
    })}\n\n`;
  const delta = (given: unknown, reason: string | null = null) =>
    chunk([{ index: 0, delta: given, finish_reason: reason }]);
  return {
    answer: JSON.stringify({
      ...facts,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: text, refusal: null },
          finish_reason: finish,
        },
      ],
      usage,
    }),
    events: [
      delta({ role: 'assistant', content: '' }),
      ...wordsIn(text).map(content => delta({ content })),
      delta({}, finish),
      ...(body.stream_options?.include_usage ? [chunk([], { usage })] : []),
      'data: [DONE]\n\n',
    ],
  };
}

const anthropicReasons: Record<string, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
};

function speakAnthropic(body: Body, text: string, finish: string): Spoken {
  const input = count(
    [
      body.system ?? '',
      ...body.messages.map(({ content }: Body) => content),
    ].join(' '),
  );
  const usage = { input_tokens: input, output_tokens: count(text) };
  const event = (type: string, data: object = {}) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  const facts = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: body.model,
    stop_sequence: null,
  };
  return {
    answer: JSON.stringify({
      ...facts,
      content: [
        body.tools
          ? {
              type: 'tool_use',
              id: 'toolu_1',
              name: body.tools[0].name,
              input: JSON.parse(text),
            }
          : { type: 'text', text },
      ],
      stop_reason: body.tools ? 'tool_use' : anthropicReasons[finish],
      usage,
    }),
    events: [
      event('message_start', {
        message: {
          ...facts,
          content: [],
          stop_reason: null,
          usage: { input_tokens: input, output_tokens: 1 },
        },
      }),
      event('content_block_start', {
        index: 0,
        content_block: { type: 'text', text: '' },
      }),
      event('ping'),
      ...wordsIn(text).map(word =>
        event('content_block_delta', {
          index: 0,
          delta: { type: 'text_delta', text: word },
        }),
      ),
      event('content_block_stop', { index: 0 }),
      event('message_delta', {
        delta: { stop_reason: anthropicReasons[finish], stop_sequence: null },
        usage: { output_tokens: count(text) },
      }),
      event('message_stop'),
    ],
  };
}
