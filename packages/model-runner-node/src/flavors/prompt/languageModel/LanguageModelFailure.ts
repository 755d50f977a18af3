import { RequestError } from '../../../RequestError';

/** Come back after so many seconds where nobody said when. */
const COME_BACK_SECONDS = 10;

/** Why a language model gave no answer, without a word of what was sent or came. */
export class LanguageModelFailure extends Error {
  constructor(
    /** For logs and metrics: a status code, or a word of these. */
    readonly kind:
      | `${number}`
      | 'unreachable'
      | 'timeout'
      | 'cut'
      | 'malformed'
      | 'failed',
    readonly options: {
      /** The server's own name of the error. */
      code?: string;
      retryAfterSeconds?: number;
      cause?: unknown;
    } = {},
  ) {
    super(
      `the language model's server: ${kind}${
        options.code ? ` (${options.code})` : ''
      }`,
    );
    this.name = 'LanguageModelFailure';
  }

  /** Whether the same request may succeed later. */
  get isPassing(): boolean {
    const status = Number(this.kind);
    return Number.isNaN(status)
      ? ['unreachable', 'cut', 'failed'].includes(this.kind)
      : status === 408 || status === 409 || status === 429 || status >= 500;
  }

  /** What the caller is told. */
  toRequestError(timeoutSeconds: number): RequestError {
    const { code, retryAfterSeconds = COME_BACK_SECONDS } = this.options;
    const told = `${this.kind}${code ? `, ${code}` : ''}`;
    switch (this.kind) {
      case '429': {
        const seconds = Math.ceil(retryAfterSeconds);
        return new RequestError(
          429,
          `The language model takes no more requests now; send it again after ${seconds} s.`,
          undefined,
          { 'retry-after': String(seconds) },
        );
      }
      case 'timeout':
        return new RequestError(
          504,
          `The language model did not answer within ${timeoutSeconds} s. Send less, ask for a stream, or send it again later.`,
        );
      case '401':
      case '403':
        return new RequestError(
          502,
          "The language model's server does not accept the platform's key; who runs the platform must correct it in the environment's languageModels.",
        );
      case '404':
        return new RequestError(
          502,
          "The language model's server does not know the model or the address; who runs the platform must correct them in the environment's languageModels.",
        );
      case 'malformed':
        return new RequestError(
          502,
          "The language model's server answered something that is not of its protocol; who runs the platform must look at the environment's languageModels.",
        );
      case '413':
        return new RequestError(
          400,
          'The inputs are longer than the language model takes; send less.',
        );
      default:
        if (code === 'context_length_exceeded')
          return new RequestError(
            400,
            'The inputs are longer than the language model takes; send less.',
          );
        return new RequestError(
          502,
          this.isPassing
            ? `The language model's server failed (${told}); send it again later.`
            : `The language model's server refused the prompt (${told}); its developer must look whether parameters and outputSchema suit the model.`,
        );
    }
  }
}

/** Names of errors go on; sentences may repeat what was sent. */
export function codeOf(given: unknown): string | undefined {
  return typeof given === 'string' && /^[a-z0-9_.-]{1,64}$/.test(given)
    ? given
    : undefined;
}
