import { z } from 'zod';
import { withJsonInstructions } from './jsonInstructions';
import { LanguageModelFailure } from './LanguageModelFailure';
import { parseEvent } from './parseEvent';
import { LanguageModelRequest, Protocol, Usage } from './Protocol';

/** Some tell of a part only: the answer is paid for all the same. */
const usageSchema = z
  .object({ prompt_tokens: z.number(), completion_tokens: z.number() })
  .nullish()
  .catch(undefined);
const answerSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.string().nullish(),
          refusal: z.string().nullish(),
        }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: usageSchema,
});
const eventSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            refusal: z.string().nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: usageSchema,
  error: z.unknown().optional(),
});

const toUsage = (usage: z.infer<typeof usageSchema>): Usage | undefined =>
  usage
    ? {
        inputTokens: usage.prompt_tokens,
        outputTokens: usage.completion_tokens,
      }
    : undefined;

/** Chat completions, as OpenAI and most others serve them. */
export const openAi: Protocol = {
  url: baseUrl => `${baseUrl}/chat/completions`,

  headers: () => ({}),
  apiKeyHeader: 'authorization',

  body(request, settings, stream) {
    const { parameters } = request;
    return {
      model: settings.model,
      ...output(request, settings.structuredOutput),
      temperature: parameters.temperature,
      top_p: parameters.topP,
      [settings.maxTokensParameter]: parameters.maxTokens,
      stop: parameters.stop,
      seed: parameters.seed,
      ...(stream
        ? { stream: true, stream_options: { include_usage: true } }
        : {}),
    };
  },

  readAnswer(body) {
    const parsed = answerSchema.safeParse(body);
    if (!parsed.success) throw new LanguageModelFailure('malformed');
    const [{ message, finish_reason: reason }] = parsed.data.choices;
    return {
      text: message.content ?? message.refusal ?? '',
      finishReason: message.refusal ? 'content_filter' : reason ?? null,
      usage: toUsage(parsed.data.usage),
    };
  },

  readEvent(data) {
    if (data === '[DONE]') return { isEnd: true };
    const parsed = eventSchema.safeParse(parseEvent(data));
    if (!parsed.success) throw new LanguageModelFailure('malformed');
    if (parsed.data.error) throw new LanguageModelFailure('failed');
    const [choice] = parsed.data.choices ?? [];
    const { content, refusal } = choice?.delta ?? {};
    return {
      text: content ?? refusal ?? undefined,
      finishReason: choice?.finish_reason ?? undefined,
      usage: toUsage(parsed.data.usage),
    };
  },
};

function output(
  { messages, outputSchema }: LanguageModelRequest,
  way: 'jsonSchema' | 'jsonObject' | 'prompt',
) {
  if (!outputSchema) return { messages };
  if (way === 'jsonSchema')
    return {
      messages,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', schema: outputSchema },
      },
    };
  return {
    messages: withJsonInstructions(messages, outputSchema),
    ...(way === 'jsonObject'
      ? { response_format: { type: 'json_object' } }
      : {}),
  };
}
