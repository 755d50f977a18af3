import { z } from 'zod';

const perMillion = z.number().nonnegative();

/** The server that prompts of an environment run on. */
export const languageModelSchema = z.strictObject({
  /** `openai`: `<baseUrl>/chat/completions`; `anthropic`: `<baseUrl>/v1/messages`. */
  protocol: z.enum(['openai', 'anthropic']),
  /** As the makers' own clients take it: of `openai` it ends with `/v1` mostly. */
  baseUrl: z.url({ protocol: /^https?$/ }),
  model: z.string().min(1).max(200),
  apiKey: z.string().min(1).optional(),
  /**
   * Header that carries it; `authorization` with `Bearer` in front. Of `openai`
   * that one where absent, of `anthropic` `x-api-key`.
   */
  apiKeyHeader: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/)
    .optional(),
  /**
   * Of `anthropic`. All servers know the first one; the second has neither
   * temperature nor topP: they are not sent.
   */
  apiVersion: z.enum(['2023-06-01', '2026-10-21']).default('2023-06-01'),
  /** For an answer with all attempts; of a stream the longest pause, and 24 of them for the whole. Seconds. */
  timeoutSeconds: z.number().positive().max(600).default(25),
  /** Further attempts after one that may succeed later. */
  retries: z.number().int().min(0).max(10).default(2),
  /** Lines of one batch that are answered at a time. */
  concurrency: z.number().int().min(1).max(100).default(4),
  /** How it is told of an output schema: as far as the server can follow one. */
  structuredOutput: z
    .enum(['jsonSchema', 'jsonObject', 'prompt'])
    .default('jsonSchema'),
  /** Under which name `openai` servers take the limit of an answer's length. */
  maxTokensParameter: z
    .enum(['max_tokens', 'max_completion_tokens'])
    .default('max_tokens'),
  prices: z
    .strictObject({
      /** ISO 4217. */
      currency: z.string().regex(/^[A-Z]{3}$/),
      inputPerMillionTokens: perMillion,
      outputPerMillionTokens: perMillion,
    })
    .optional(),
});

export type LanguageModelSettings = z.infer<typeof languageModelSchema>;

/**
 * File of a runner's directory, beside `model.json`, for versions of the flavor
 * `prompt` alone: {@link LanguageModelSettings} as JSON, readable by the runner
 * only. Absent where no server is configured. It is read again when it changes,
 * so that a new key needs no new runner.
 */
export const LANGUAGE_MODEL_FILE = 'language-model.json';
