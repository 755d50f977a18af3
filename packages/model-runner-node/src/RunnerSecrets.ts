import { createHash, timingSafeEqual } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import {
  RUNNER_SECRET_HEADER,
  RunnerEnvironment,
} from '@model-platform/model-wire';

const digest = (text: string) => createHash('sha256').update(text).digest();

const isSecret = (given: unknown, wanted: Buffer | undefined): boolean =>
  typeof given === 'string' &&
  wanted !== undefined &&
  timingSafeEqual(digest(given), wanted);

/** What opens a runner. The developer's code shares its process, so nothing of it is kept but digests. */
export class RunnerSecrets {
  private readonly calls?: Buffer;
  private readonly figures?: Buffer;

  constructor({
    RUNNER_SECRET,
    METRICS_SECRET,
  }: Pick<RunnerEnvironment, 'RUNNER_SECRET' | 'METRICS_SECRET'>) {
    this.calls = RUNNER_SECRET ? digest(RUNNER_SECRET) : undefined;
    this.figures = METRICS_SECRET ? digest(METRICS_SECRET) : undefined;
  }

  /** Without a gateway in front. */
  get isOpen(): boolean {
    return this.calls === undefined;
  }

  /** Takes what was given out of the request, which is there until it is answered, and longer. */
  take(request: IncomingMessage): { isGateway: boolean; isCollector: boolean } {
    const { headers } = request;
    const secret = headers[RUNNER_SECRET_HEADER];
    // A Prometheus sends a bearer, and no headers of its own.
    const bearer = headers.authorization;
    headers[RUNNER_SECRET_HEADER] = undefined;
    headers.authorization = undefined;
    request.rawHeaders = [];
    return {
      isGateway: isSecret(secret, this.calls),
      isCollector: isSecret(bearer?.replace(/^Bearer /, ''), this.figures),
    };
  }
}
