import { randomUUID } from 'node:crypto';
import http, {
  IncomingHttpHeaders,
  IncomingMessage,
  ServerResponse,
} from 'node:http';
import { Server as NetServer } from 'node:net';
import { REQUEST_ID_HEADER, RunnerManifest } from '@model-platform/model-wire';
import { Answers, CALLER_LEFT, JSON_TYPE } from './Answers';
import { answerStream, readStreamWish } from './answerStream';
import { CallerCall } from './CallerCall';
import { createInputReader } from './createInputReader';
import { createOutputWriter } from './createOutputWriter';
import { errorClass } from './errorName';
import { Call, LoadedModel, Row } from './flavors/Flavor';
import { Logger } from './Logger';
import {
  INFER_HEADER_LENGTH,
  inferByProtocol,
} from './openInference/inferByProtocol';
import { parseJson, readBody } from './readBody';
import { ReadEnvironment } from './readEnvironment';
import { readMultipart } from './readMultipart';
import { RequestError } from './RequestError';
import { RunnerMetrics } from './RunnerMetrics';
import { RunnerSecrets } from './RunnerSecrets';
import { createScoringReader } from './scoring/createScoringReader';
import { predictionsOf } from './scoring/predictionsOf';

interface Documents {
  openApi?: Buffer;
  docs?: Buffer;
}

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
) => Promise<void> | void;

/** How long nobody may have called before idle connections are cut in a drain, milliseconds: a busy machine's calls are on their way so long. */
const QUIET_MS = 500;
/** In the log: the path of a call for no model of this runner may be anything. */
const UNKNOWN_ROUTE = '…/infer';
const TEXT_TYPE = 'text/plain; charset=utf-8';
/** The MLflow whose scoring protocol is spoken. */
const MLFLOW_VERSION = '3.17.2';
/** Without a gateway in front, any page that its developer looks at could call it. */
function requireOwnOrigin({ origin, host }: IncomingHttpHeaders): void {
  if (origin === undefined) return;
  if (URL.parse(origin)?.host !== host)
    throw new RequestError(
      403,
      'This runner answers no pages of another origin.',
    );
}

/**
 * The HTTP surface of one runner: the simple API, the Open Inference Protocol
 * v2, its documents and its metrics. It answers every path with and without
 * the endpoint's name in front, so that the gateway rewrites nothing.
 */
export class RunnerServer {
  private readonly server = http.createServer(
    { noDelay: true, keepAlive: true },
    (request, response) => void this.handle(request, response),
  );
  private model?: LoadedModel;
  private readonly readInputs;
  private readonly readScoring;
  private readonly writeOutputs;
  private readonly routes: Map<string, Partial<Record<string, Handler>>>;
  private readonly identity: { name: string; version: string };
  private readonly prefix: string;
  private readonly version: string;
  /** Calls whose answer is not sent yet. */
  private active = 0;
  private lastCallAt = 0;
  private readonly answers: Answers;

  constructor(
    private readonly manifest: RunnerManifest,
    private readonly environment: ReadEnvironment['environment'],
    private readonly secrets: RunnerSecrets,
    private readonly documents: Documents,
    private readonly metrics: RunnerMetrics,
    logger: Logger,
  ) {
    this.readInputs = createInputReader(manifest.signature);
    this.readScoring = createScoringReader(manifest.signature);
    this.writeOutputs = createOutputWriter(manifest.signature);
    this.version = String(manifest.version);
    this.identity = { name: environment.MODEL_ENDPOINT, version: this.version };
    this.prefix = `/${environment.MODEL_ENDPOINT}`;
    this.answers = new Answers({
      version: this.version,
      variant: environment.MODEL_VARIANT,
      logger,
    });
    this.routes = this.createRoutes();
    // The gateway keeps its connections; closing idle ones under it would fail a call now and then.
    this.server.keepAliveTimeout = 300_000;
    this.server.headersTimeout = 20_000;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.environment.PORT, this.environment.HOST, resolve);
    });
  }

  /** From now on the runner is ready. */
  serve(model: LoadedModel) {
    this.model = model;
  }

  /** Takes no new connections, finishes what is being answered, and closes. */
  async drain(timeoutMs: number): Promise<void> {
    this.answers.endConnections();
    // Not the HTTP server's own close: it cuts idle connections at once, and
    // with them the calls that are already on their way through them.
    const closed = new Promise(resolve => {
      NetServer.prototype.close.call(this.server, resolve);
    });
    const deadline = Date.now() + timeoutMs;
    while (
      Date.now() < deadline &&
      (this.active > 0 || Date.now() < this.lastCallAt + QUIET_MS)
    ) {
      await new Promise(resolve => {
        setTimeout(resolve, 10);
      });
    }
    this.server.closeAllConnections();
    await closed;
    await this.model?.close?.();
  }

  /** One prediction that nobody asked for, so that the first caller does not wait for lazy set-up. */
  async warmUp(model: LoadedModel): Promise<void> {
    if (!this.manifest.example) return;
    const { rows } = this.readInputs({ inputs: this.manifest.example });
    if (model.warmUp) await model.warmUp(rows);
    else
      await model.predict(rows, {
        requestId: 'warm-up',
        signal: new AbortController().signal,
      });
  }

  private createRoutes() {
    const { name } = this.identity;
    const models = `/v2/models/${name}`;
    const versioned = `${models}/versions/${this.version}`;
    const ready: Handler = (_request, response, requestId) =>
      this.answerReady(response, requestId);
    const metadata: Handler = (_request, response, requestId) =>
      this.answerMetadata(response, requestId);
    const infer: Handler = (request, response, requestId) =>
      this.infer(request, response, requestId);
    const ping: Handler = (_request, response, requestId) => {
      this.requireModel();
      this.answers.send(response, 200, requestId, Buffer.from('\n'), JSON_TYPE);
    };
    return new Map<string, Partial<Record<string, Handler>>>([
      [
        '/predict',
        {
          POST: (request, response, requestId) =>
            this.predict(request, response, requestId),
        },
      ],
      [
        '/invocations',
        {
          POST: (request, response, requestId) =>
            this.score(request, response, requestId),
        },
      ],
      ['/ping', { GET: ping }],
      ['/health', { GET: ping }],
      [
        '/version',
        {
          GET: (_request, response, requestId) =>
            this.answers.send(
              response,
              200,
              requestId,
              Buffer.from(MLFLOW_VERSION),
              TEXT_TYPE,
            ),
        },
      ],
      [
        '/openapi.json',
        {
          GET: (_request, response, requestId) =>
            this.answerDocument(
              response,
              requestId,
              this.documents.openApi,
              JSON_TYPE,
            ),
        },
      ],
      [
        '/docs',
        {
          GET: (_request, response, requestId) =>
            this.answerDocument(
              response,
              requestId,
              this.documents.docs,
              'text/html; charset=utf-8',
            ),
        },
      ],
      [
        '/v2',
        {
          GET: (_request, response, requestId) =>
            this.answers.json(response, 200, requestId, {
              name: 'model-runner-node',
              version: '1',
              extensions: ['binary_tensor_data'],
            }),
        },
      ],
      [
        '/v2/health/live',
        {
          GET: (_request, response, requestId) =>
            this.answers.json(response, 200, requestId, { live: true }),
        },
      ],
      [
        '/v2/health/ready',
        {
          GET: (_request, response, requestId) =>
            this.answers.json(response, this.model ? 200 : 503, requestId, {
              ready: Boolean(this.model),
            }),
        },
      ],
      ...[models, versioned].flatMap(
        (path): Array<[string, Partial<Record<string, Handler>>]> => [
          [path, { GET: metadata }],
          [`${path}/ready`, { GET: ready }],
          [`${path}/infer`, { POST: infer }],
        ],
      ),
    ]);
  }

  private async handle(request: IncomingMessage, response: ServerResponse) {
    const { isGateway, isCollector } = this.secrets.take(request);
    const given = request.headers[REQUEST_ID_HEADER];
    const requestId =
      typeof given === 'string' && given.length > 0 && given.length <= 128
        ? given
        : randomUUID();
    const url = request.url ?? '/';
    const query = url.indexOf('?');
    const fullPath = query === -1 ? url : url.slice(0, query);
    const path = fullPath.startsWith(`${this.prefix}/`)
      ? fullPath.slice(this.prefix.length)
      : fullPath;
    const counted =
      path === '/predict' || path === '/invocations' || path.endsWith('/infer');
    const begin = performance.now();
    this.active += 1;
    // Not when it was written: a large answer is on its way long after.
    response.once('close', () => (this.active -= 1));
    this.lastCallAt = Date.now();
    if (counted) this.metrics.inFlight.inc();
    try {
      const open =
        fullPath === '/v2/health/live' || fullPath === '/v2/health/ready';
      const isMetrics = fullPath === '/metrics' && request.method === 'GET';
      if (!open && !isGateway && !(isMetrics && isCollector))
        this.refuseStranger(request);
      if (isMetrics) {
        await this.answerMetrics(response, requestId);
      } else {
        await this.route(path, request, response, requestId);
      }
    } catch (error) {
      const name = this.tellError(path, response, requestId, error);
      if (counted) this.metrics.countError(name);
    } finally {
      if (counted) {
        const seconds = (performance.now() - begin) / 1000;
        this.metrics.inFlight.dec();
        this.metrics.requestSeconds.observe(seconds);
        this.metrics.countAnswer(response.statusCode);
        const route = this.routes.has(path) ? path : UNKNOWN_ROUTE;
        this.answers.log(request, response, { requestId, route, seconds });
      }
    }
  }

  /** Answers the class that it is counted under. Nothing gets out of it: that would end this process, and all calls. */
  private tellError(
    path: string,
    response: ServerResponse,
    requestId: string,
    error: unknown,
  ): string {
    try {
      this.answers.error(path, response, requestId, error);
      return response.statusCode === CALLER_LEFT
        ? 'CallerLeft'
        : errorClass(error);
    } catch {
      this.answers.untold(path, response, requestId);
      return 'ModelError';
    }
  }

  private refuseStranger({ headers }: IncomingMessage) {
    if (!this.secrets.isOpen)
      throw new RequestError(
        401,
        'This runner answers to its gateway only.',
        undefined,
        { connection: 'close' },
      );
    requireOwnOrigin(headers);
  }

  private async route(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ) {
    const methods = this.routes.get(path);
    if (!methods) {
      const [, version] =
        /^\/v2\/models\/[^/]+\/versions\/([^/]+)/.exec(path) ?? [];
      if (
        version !== undefined &&
        path.startsWith(`/v2/models/${this.identity.name}/`)
      ) {
        throw new RequestError(
          404,
          `Model ${this.identity.name} with version ${version} not found; this is version ${this.version}.`,
        );
      }
      const [, model] = /^\/v2\/models\/([^/]+)/.exec(path) ?? [];
      throw new RequestError(
        404,
        model === undefined || model === this.identity.name
          ? `There is nothing at ${path}.`
          : `Model ${model} not found.`,
      );
    }
    const method = request.method === 'HEAD' ? 'GET' : request.method ?? '';
    const handler = methods[method];
    if (!handler) {
      const allow = Object.keys(methods).join(', ');
      throw new RequestError(
        405,
        `${request.method} is not allowed here; use ${allow}.`,
        undefined,
        { allow },
      );
    }
    await handler(request, response, requestId);
  }

  private requireModel(): LoadedModel {
    if (!this.model)
      throw new RequestError(
        503,
        'The model is still being loaded.',
        undefined,
        { 'retry-after': '1' },
      );
    return this.model;
  }

  private async predict(
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ) {
    const model = this.requireModel();
    const body = await readBody(request, this.environment.MAX_BODY_BYTES);
    const type = request.headers['content-type'];
    const given = type?.toLowerCase().startsWith('multipart/form-data')
      ? await readMultipart(this.manifest.signature, body, type)
      : parseJson(body);
    const wish = model.stream
      ? readStreamWish(request, given)
      : { isStream: false, body: given };
    const { rows, batch } = this.readInputs(wish.body);
    const call = new CallerCall(requestId, response);
    if (wish.isStream) {
      const work = this.stream(model, rows, batch, call, response);
      await this.counted(model, call, 1, work);
      return;
    }
    const answers = this.writeOutputs(
      await this.predictRows(model, rows, call),
    );
    this.answers.json(
      response,
      200,
      requestId,
      this.prediction(batch ? answers : answers[0], requestId),
    );
  }

  private prediction(outputs: Row | Row[], requestId: string) {
    return {
      outputs,
      model: {
        name: this.manifest.model.name,
        version: this.manifest.version,
        variant: this.environment.MODEL_VARIANT,
      },
      requestId,
    };
  }

  private async stream(
    model: LoadedModel,
    rows: Row[],
    batch: boolean,
    call: Call,
    response: ServerResponse,
  ) {
    const { requestId } = call;
    if (!model.stream || batch)
      throw new RequestError(400, 'A stream answers one line, no batch.', [
        { path: 'inputs', message: 'must be one line, not an array' },
      ]);
    await answerStream(response, model.stream(rows[0], call), {
      headers: this.answers.headers(requestId),
      complete: outputs =>
        this.prediction(this.writeOutputs([outputs])[0], requestId),
      fail: error => {
        this.metrics.countError(errorClass(error));
        return this.answers.describeError('/predict', requestId, error);
      },
    });
  }

  private async score(
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ) {
    const model = this.requireModel();
    const { signature } = this.manifest;
    const body = await readBody(request, this.environment.MAX_BODY_BYTES);
    const lines = this.readScoring(body, request.headers['content-type']);
    const { rows } = this.readInputs({ inputs: lines });
    const call = new CallerCall(requestId, response);
    const answers = this.writeOutputs(
      await this.predictRows(model, rows, call),
    );
    this.answers.json(response, 200, requestId, {
      predictions: predictionsOf(signature, answers),
    });
  }

  private async infer(
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ) {
    const model = this.requireModel();
    const body = await readBody(request, this.environment.MAX_BODY_BYTES);
    const given = request.headers[INFER_HEADER_LENGTH];
    const call = new CallerCall(requestId, response);
    const { json, binary } = await inferByProtocol(
      {
        outputs: model.outputs,
        infer: (tensors, wanted) => {
          const lines = tensors[0].shape[0] ?? 1;
          const work = model.infer(tensors, call, wanted);
          return this.counted(model, call, lines, work);
        },
      },
      this.identity,
      body,
      typeof given === 'string' ? given : undefined,
    );
    if (binary.length === 0) {
      this.answers.send(response, 200, requestId, json, JSON_TYPE);
      return;
    }
    this.answers.send(
      response,
      200,
      requestId,
      Buffer.concat([json, ...binary]),
      'application/octet-stream',
      { [INFER_HEADER_LENGTH]: String(json.length) },
    );
  }

  private async predictRows(model: LoadedModel, rows: Row[], call: CallerCall) {
    const work = model.predict(rows, call);
    return await this.counted(model, call, rows.length, work);
  }

  private async counted<T>(
    model: LoadedModel,
    call: CallerCall,
    lines: number,
    work: Promise<T>,
  ): Promise<T> {
    const begin = performance.now();
    const result = await work;
    const ms = performance.now() - begin - call.waitedMs;
    this.metrics.predictSeconds.observe(ms / 1000);
    if (!model.isJoining) this.metrics.batchSize.observe(lines);
    return result;
  }

  private answerReady(response: ServerResponse, requestId: string) {
    const ready = Boolean(this.model);
    this.answers.json(response, ready ? 200 : 503, requestId, {
      name: this.identity.name,
      ready,
    });
  }

  private answerMetadata(response: ServerResponse, requestId: string) {
    const { platform, inputs, outputs } = this.requireModel();
    this.answers.json(response, 200, requestId, {
      name: this.identity.name,
      versions: [this.version],
      platform,
      inputs,
      outputs,
    });
  }

  private answerDocument(
    response: ServerResponse,
    requestId: string,
    document: Buffer | undefined,
    type: string,
  ) {
    if (!document)
      throw new RequestError(
        404,
        'This runner was started without this document.',
      );
    this.answers.send(response, 200, requestId, document, type);
  }

  private async answerMetrics(response: ServerResponse, requestId: string) {
    const text = Buffer.from(await this.metrics.expose());
    this.answers.send(response, 200, requestId, text, this.metrics.contentType);
  }
}
