/** A receiver of what happens to the models of a system. @public */
export interface Webhook {
  id: string;
  /** Name of the system whose models it hears of. */
  system: string;
  name: string;
  description?: string;
  url: string;
  /** E.g. `model_version_alias.created`. */
  events: string[];
  status: WebhookStatus;
  /** Whether deliveries are signed; the secret itself is never shown. */
  hasSecret: boolean;
  /** Why the platform disabled it: who made it is there no more, or lost rights. */
  disabledBecause?: string;
  /** Whose right to read it hears by: who made it. */
  speaksFor: string;
  createdAt: string;
  updatedAt: string;
}

/** @public */
export type WebhookStatus = 'ACTIVE' | 'DISABLED';

/** What a webhook is made of; `secret` is only ever written. @public */
export interface WebhookSpec {
  system: string;
  name: string;
  description?: string;
  url: string;
  events: string[];
  status?: WebhookStatus;
  secret?: string;
}

/** One message to one webhook, whatever number of attempts it took. @public */
export interface WebhookDelivery {
  /** Also sent as `X-MLflow-Delivery-Id`, the same at each attempt. */
  id: string;
  event: string;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  createdAt: string;
  /** Of a pending one. */
  nextAttemptAt?: string;
  finishedAt?: string;
  /** HTTP status of the last answer. */
  responseStatus?: number;
  /** Why the last attempt failed. */
  error?: string;
}

/** What became of a test message. @public */
export interface WebhookTestResult {
  success: boolean;
  responseStatus?: number;
  /** Its begin. */
  responseBody?: string;
  error?: string;
}
