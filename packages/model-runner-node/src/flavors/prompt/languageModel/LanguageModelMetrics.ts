import { LanguageModelSettings } from '@model-platform/model-wire';
import { Counter, Histogram, Registry } from 'prom-client';
import { Usage } from './Protocol';

const OPERATION = [
  'gen_ai_operation_name',
  'gen_ai_provider_name',
  'gen_ai_request_model',
] as const;

/** Powers of four, as the conventions say. */
const TOKENS = Array.from({ length: 14 }, (_, index) => 4 ** index);
/** Doubling from 10 ms on, as the conventions say. */
const SECONDS = Array.from({ length: 14 }, (_, index) => 0.01 * 2 ** index);

/** OpenTelemetry's conventions for generative AI, as Prometheus writes them; what it costs is ours. */
export class LanguageModelMetrics {
  private readonly tokens: Histogram<string>;
  private readonly seconds: Histogram<string>;
  private readonly costs = new Map<string, Counter<string>>();

  constructor(private readonly registry: Registry) {
    this.tokens = new Histogram({
      name: 'gen_ai_client_token_usage',
      help: 'Tokens that a call of a language model took and gave',
      labelNames: [...OPERATION, 'gen_ai_token_type'],
      buckets: TOKENS,
      registers: [registry],
    });
    this.seconds = new Histogram({
      name: 'gen_ai_client_operation_duration_seconds',
      help: 'Calls of a language model, each attempt by itself',
      labelNames: [...OPERATION, 'error_type'],
      buckets: SECONDS,
      registers: [registry],
    });
  }

  /** One attempt: `error` says why it failed. */
  countOperation(
    settings: LanguageModelSettings,
    seconds: number,
    error?: string,
  ): void {
    this.seconds.observe(
      { ...labelsOf(settings), ...(error ? { error_type: error } : {}) },
      seconds,
    );
  }

  countUsage(settings: LanguageModelSettings, usage: Usage): void {
    const labels = labelsOf(settings);
    for (const [type, count] of [
      ['input', usage.inputTokens],
      ['output', usage.outputTokens],
    ] as const)
      this.tokens.observe({ ...labels, gen_ai_token_type: type }, count);
    const { prices } = settings;
    if (!prices) return;
    this.costIn(prices.currency).inc(
      labels,
      (usage.inputTokens * prices.inputPerMillionTokens +
        usage.outputTokens * prices.outputPerMillionTokens) /
        1_000_000,
    );
  }

  /** A metric has one unit: each currency has its own. */
  private costIn(currency: string): Counter<string> {
    const known = this.costs.get(currency);
    if (known) return known;
    const counter = new Counter({
      name: `gen_ai_client_cost_${currency.toLowerCase()}_total`,
      help: `What calls of a language model cost by the configured prices, ${currency}`,
      labelNames: OPERATION,
      registers: [this.registry],
    });
    this.costs.set(currency, counter);
    return counter;
  }
}

function labelsOf({ protocol, model }: LanguageModelSettings) {
  return {
    gen_ai_operation_name: 'chat',
    gen_ai_provider_name: protocol,
    gen_ai_request_model: model,
  };
}
