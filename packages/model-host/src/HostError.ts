import { WireErrorBody } from '@model-platform/model-wire';

/** A call the host refuses, with the reason in words. */
export class HostError extends Error {
  readonly status: number;
  readonly fields: WireErrorBody['error']['fields'];

  constructor(
    status: number,
    name: string,
    message: string,
    fields?: WireErrorBody['error']['fields'],
  ) {
    super(message);
    this.name = name;
    this.status = status;
    this.fields = fields;
  }

  static input(
    message: string,
    fields?: WireErrorBody['error']['fields'],
  ): HostError {
    return new HostError(400, 'InputError', message, fields);
  }

  static notFound(message: string): HostError {
    return new HostError(404, 'NotFoundError', message);
  }

  static conflict(message: string): HostError {
    return new HostError(409, 'ConflictError', message);
  }

  static fenced(seen: number, given: number): HostError {
    return new HostError(
      412,
      'PreconditionFailedError',
      `Another process of the portal leads by now: its number ${seen} was here, ${given} comes too late`,
    );
  }

  static unavailable(message: string): HostError {
    return new HostError(503, 'ServiceUnavailableError', message);
  }
}
