import { LoggerService } from '@backstage/backend-plugin-api';
import { LeaderLease } from '../deployment/lease/LeaderLease';
import { RefusedAddressError } from './AddressGuard';
import { DeliveryPlanner } from './DeliveryPlanner';
import { openSecret, SecretBox } from './SecretBox';
import { WebhookSender } from './WebhookSender';
import { AttemptOutcome, DeliveryRecord, WebhookStore } from './WebhookStore';

const MAX_AT_ONCE = 16;
/** So that one slow receiver keeps nobody else waiting. */
const MAX_AT_ONCE_EACH = 2;
const LONGEST_DELAY_MS = 3_600_000;
const TRANSIENT = [408, 425, 429];

export interface DelivererOptions {
  store: WebhookStore;
  planner: Pick<DeliveryPlanner, 'plan' | 'mayHear'>;
  sender: WebhookSender;
  secrets?: SecretBox;
  /** Of several processes, the leader delivers. */
  lease: Pick<LeaderLease, 'hold'>;
  logger: LoggerService;
  /** Attempts in all. */
  maxAttempts: number;
  /** Before the second attempt; doubles with each. */
  firstDelayMs: number;
  /** After this long, an attempt of which nobody told the outcome is made again. */
  claimMs: number;
  /** How often to look around without being woken. */
  pollMs: number;
  now?: () => number;
  random?: () => number;
}

/**
 * Sends what is due, at least once each: a message counts as sent when its
 * receiver said so, and is tried again after a while otherwise.
 */
export class Deliverer {
  private readonly now: () => number;
  private readonly random: () => number;
  private readonly running = new Map<Promise<void>, string>();
  private wakeUp: () => void = () => {};
  private woken = false;

  constructor(private readonly options: DelivererOptions) {
    this.now = options.now ?? Date.now;
    this.random = options.random ?? Math.random;
  }

  /** Looks around at once. */
  wake(): void {
    this.woken = true;
    this.wakeUp();
  }

  /** Until it is stopped; then what is being sent is cut off, and tried again later. */
  async run(stop: AbortSignal): Promise<void> {
    stop.addEventListener('abort', () => this.wake(), { once: true });
    while (!stop.aborted) {
      try {
        if ((await this.options.lease.hold()) !== undefined) {
          await this.options.planner.plan(stop);
          await this.sendDue(stop);
        }
      } catch (error) {
        this.options.logger.warn(
          `Webhooks could not be looked after: ${error}`,
        );
      }
      await this.pause();
    }
    await Promise.all(this.running.keys());
  }

  private async sendDue(stop: AbortSignal): Promise<void> {
    const { store } = this.options;
    for (;;) {
      const free = MAX_AT_ONCE - this.running.size;
      if (free <= 0 || stop.aborted) return;
      const due = await store.due(this.time(0), free, this.busy());
      let started = 0;
      for (const delivery of due) {
        if (this.busy().includes(delivery.webhookId)) continue;
        const claimed = await store.claim(
          delivery,
          this.time(this.options.claimMs),
        );
        if (!claimed) continue;
        started += 1;
        const work: Promise<void> = this.attempt(
          { ...delivery, attempts: delivery.attempts + 1 },
          stop,
        ).finally(() => {
          this.running.delete(work);
          this.wake();
        });
        this.running.set(work, delivery.webhookId);
      }
      if (started === 0) return;
    }
  }

  private async attempt(
    delivery: DeliveryRecord,
    stop: AbortSignal,
  ): Promise<void> {
    try {
      const outcome = await this.outcomeOf(delivery, stop);
      // Cut off by ourselves: nobody knows what became of it, so the claim runs out.
      if (outcome) await this.options.store.finish(delivery.id, outcome);
    } catch (error) {
      this.options.logger.warn(
        `What became of the delivery ${delivery.id} could not be kept: ${error}`,
      );
    }
  }

  private async outcomeOf(
    delivery: DeliveryRecord,
    stop: AbortSignal,
  ): Promise<AttemptOutcome | undefined> {
    const { store, planner, sender, secrets } = this.options;
    try {
      const webhook = await store.get(delivery.webhookId);
      if (!webhook) return { status: 'failed', error: 'The webhook is gone' };
      if (!(await planner.mayHear(webhook, delivery.modelId))) {
        return {
          status: 'failed',
          error: 'Who made the webhook may not read the model any more',
        };
      }
      const { id, body } = delivery;
      const secret =
        webhook.secret === undefined
          ? undefined
          : openSecret(secrets, webhook.secret, webhook.id);
      const answer = await sender.send(
        { id, url: webhook.url, secret, body },
        stop,
      );
      const { status } = answer;
      if (status >= 200 && status < 300) {
        return { status: 'delivered', responseStatus: status };
      }
      const error =
        status >= 300 && status < 400
          ? `It answered ${status}; redirects are not followed`
          : `It answered ${status}`;
      return status >= 500 || TRANSIENT.includes(status)
        ? this.later(delivery, error, status, answer.retryAfterMs)
        : { status: 'failed', responseStatus: status, error };
    } catch (error) {
      if (stop.aborted) return undefined;
      return error instanceof RefusedAddressError
        ? { status: 'failed', error: error.message }
        : this.later(delivery, reasonOf(error));
    }
  }

  private later(
    { attempts }: DeliveryRecord,
    error: string,
    responseStatus?: number,
    leastMs = 0,
  ): AttemptOutcome {
    const { maxAttempts, firstDelayMs } = this.options;
    // Those that were redelivered have used up theirs, and get one.
    if (attempts >= maxAttempts) {
      return { status: 'failed', responseStatus, error };
    }
    const delay = Math.min(
      firstDelayMs * 2 ** (attempts - 1),
      LONGEST_DELAY_MS,
    );
    // Half of it by chance, so that what failed together does not come back together.
    const jittered = delay * (0.5 + this.random() / 2);
    return {
      status: 'pending',
      nextAttemptAt: this.time(
        Math.max(jittered, Math.min(leastMs, LONGEST_DELAY_MS)),
      ),
      responseStatus,
      error,
    };
  }

  private busy(): string[] {
    const counts = new Map<string, number>();
    for (const id of this.running.values())
      counts.set(id, (counts.get(id) ?? 0) + 1);
    return [...counts]
      .filter(([, count]) => count >= MAX_AT_ONCE_EACH)
      .map(([id]) => id);
  }

  private time(afterMs: number): string {
    return new Date(this.now() + afterMs).toISOString();
  }

  private async pause(): Promise<void> {
    if (!this.woken) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, this.options.pollMs);
        this.wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.woken = false;
    this.wakeUp = () => {};
  }
}

function reasonOf(error: unknown): string {
  const causes = error instanceof AggregateError ? error.errors : [error];
  return causes
    .map(one => (one instanceof Error ? one.message : String(one)))
    .join('; ')
    .slice(0, 500);
}
