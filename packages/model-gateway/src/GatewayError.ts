import { CallRate } from '@model-platform/model-wire';

/** A call the gateway answers itself, with the reason in words for its caller. */
export class GatewayError extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  private constructor(
    name: string,
    status: number,
    message: string,
    headers: Record<string, string> = {},
  ) {
    super(message);
    this.name = name;
    this.status = status;
    this.headers = headers;
  }

  static badPath(): GatewayError {
    return new GatewayError(
      'InputError',
      400,
      'The path is not a plain one: empty or dot segments and encoded slashes, dots or percent signs are not taken',
    );
  }

  static unknownHost(): GatewayError {
    return new GatewayError(
      'MisdirectedRequestError',
      421,
      'The gateway does not answer under this host name; who runs it can add the name to GATEWAY_ALLOWED_HOSTS',
    );
  }

  static unknownEndpoint(): GatewayError {
    return new GatewayError(
      'NotFoundError',
      404,
      'There is no endpoint at this address',
    );
  }

  static unknownPath(endpoint: string): GatewayError {
    return new GatewayError(
      'NotFoundError',
      404,
      `Endpoint '${endpoint}' has no such path; it serves predict, invocations, v2/…, openapi.json and docs`,
    );
  }

  static methodNotAllowed(): GatewayError {
    return new GatewayError(
      'MethodNotAllowedError',
      405,
      'Endpoints take GET, HEAD and POST',
      {
        allow: 'GET, HEAD, POST',
      },
    );
  }

  static unauthenticated(reason: string): GatewayError {
    return new GatewayError('AuthenticationError', 401, reason, {
      'www-authenticate': 'Bearer',
    });
  }

  static notAllowed(endpoint: string): GatewayError {
    return new GatewayError(
      'NotAllowedError',
      403,
      `This token was made for another endpoint, not for '${endpoint}'`,
    );
  }

  static mayNotChoose(endpoint: string): GatewayError {
    return new GatewayError(
      'NotAllowedError',
      403,
      `This token may not choose the variant of '${endpoint}'; leave the header x-model-variant out, or call with a token that was made with mayChooseVariant`,
    );
  }

  static unknownVariant(
    endpoint: string,
    given: string,
    names: string[],
  ): GatewayError {
    return new GatewayError(
      'InputError',
      400,
      `Endpoint '${endpoint}' has no variant '${given.slice(
        0,
        40,
      )}', which the header x-model-variant asks for; it has: ${names.join(
        ', ',
      )}`,
    );
  }

  static overRate({ calls, perSeconds, burst }: CallRate, waitMs: number) {
    return new GatewayError(
      'TooManyRequestsError',
      429,
      `This token is good for ${calls} calls in ${perSeconds} s, ${burst} of them at once; wait as long as the header retry-after says`,
      { 'retry-after': String(Math.ceil(waitMs / 1000)) },
    );
  }

  static tooManyAtOnce(endpoint: string, limit: number): GatewayError {
    return new GatewayError(
      'TooManyRequestsError',
      429,
      `Endpoint '${endpoint}' answers ${limit} calls at a time, and has as many; try again in a moment`,
      { 'retry-after': '1' },
    );
  }

  static tooLarge(limitBytes: number): GatewayError {
    return new GatewayError(
      'PayloadTooLargeError',
      413,
      `The request's body is larger than this endpoint takes: ${limitBytes} bytes`,
    );
  }

  static bodyTooSlow(timeoutMs: number): GatewayError {
    return new GatewayError(
      'RequestTimeoutError',
      408,
      `The request's body did not arrive within ${timeoutMs} ms`,
    );
  }

  static noPlan(): GatewayError {
    return new GatewayError(
      'ServiceUnavailableError',
      503,
      'The gateway has just started and does not know its endpoints yet; try again in a moment',
      { 'retry-after': '1' },
    );
  }

  static internal(): GatewayError {
    return new GatewayError(
      'InternalError',
      500,
      'The gateway failed over this request',
    );
  }

  static switchedOff(endpoint: string): GatewayError {
    return new GatewayError(
      'ServiceUnavailableError',
      503,
      `Endpoint '${endpoint}' is switched off; its page in the portal says why, and its owner can switch it on`,
      { 'retry-after': '60' },
    );
  }

  static nothingReady(endpoint: string): GatewayError {
    return new GatewayError(
      'ServiceUnavailableError',
      503,
      `No runner of endpoint '${endpoint}' is ready; try again in a moment`,
      { 'retry-after': '1' },
    );
  }

  static asleep(endpoint: string): GatewayError {
    return new GatewayError(
      'ServiceUnavailableError',
      503,
      `Endpoint '${endpoint}' sleeps, since nobody has called it for a while; a call with a token wakes it`,
      { 'retry-after': '5' },
    );
  }

  static tooManyHeld(endpoint: string, limit: number): GatewayError {
    return new GatewayError(
      'ServiceUnavailableError',
      503,
      `Endpoint '${endpoint}' is just being started, and ${limit} calls wait for it already; try again in a moment`,
      { 'retry-after': '2' },
    );
  }

  static startedTooSlowly(endpoint: string, timeoutMs: number): GatewayError {
    return new GatewayError(
      'GatewayTimeoutError',
      504,
      `Endpoint '${endpoint}' was asleep and did not start within ${timeoutMs} ms; the request was not delivered, try again in a moment`,
      { 'retry-after': '5' },
    );
  }

  static unreachable(endpoint: string): GatewayError {
    return new GatewayError(
      'ServiceUnavailableError',
      503,
      `No runner of endpoint '${endpoint}' could be reached; the request was not delivered, try again in a moment`,
      { 'retry-after': '1' },
    );
  }

  static broken(endpoint: string): GatewayError {
    return new GatewayError(
      'BadGatewayError',
      502,
      `The runner of endpoint '${endpoint}' ended the connection before it answered; whether it took the request is not known`,
    );
  }

  static tooSlow(endpoint: string, timeoutMs: number): GatewayError {
    return new GatewayError(
      'GatewayTimeoutError',
      504,
      `Endpoint '${endpoint}' did not answer within ${timeoutMs} ms`,
    );
  }
}
