import { z } from 'zod';
import { withJsonInstructions } from './jsonInstructions';
import { codeOf, LanguageModelFailure } from './LanguageModelFailure';
import { parseEvent } from './parseEvent';
import { Protocol } from './Protocol';

/** The protocol wants a limit. */
const DEFAULT_MAX_TOKENS = 1024;
/** The tool whose input is the answer. */
const TOOL = 'answer';

/** Whatever is wrong with it, the answer is paid for. */
const usageSchema = z
  .object({
    input_tokens: z.number().nullish(),
    cache_creation_input_tokens: z.number().nullish(),
    cache_read_input_tokens: z.number().nullish(),
    output_tokens: z.number().nullish(),
  })
  .nullish()
  .catch(undefined);
type ToldUsage = NonNullable<z.infer<typeof usageSchema>>;
const answerSchema = z.object({
  content: z.array(
    z.object({
      type: z.string(),
      text: z.string().optional(),
      input: z.unknown().optional(),
    }),
  ),
  stop_reason: z.string().nullish(),
  usage: usageSchema,
});
const eventSchema = z.object({
  type: z.string(),
  message: z.object({ usage: usageSchema }).optional(),
  delta: z
    .object({
      type: z.string().optional(),
      text: z.string().optional(),
      stop_reason: z.string().nullish(),
    })
    .optional(),
  usage: usageSchema,
  error: z.object({ type: z.string() }).optional(),
});

const finishReasons: Record<string, string> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'content_filter',
};

const toFinishReason = (reason: string) => finishReasons[reason] ?? reason;

/** What was read from a cache was sent all the same. */
function inputTokensOf(usage: ToldUsage): number {
  return (
    (usage.input_tokens ?? 0) +
    (usage.cache_creation_input_tokens ?? 0) +
    (usage.cache_read_input_tokens ?? 0)
  );
}

/** Messages, as Anthropic and some others serve them. */
export const anthropic: Protocol = {
  url: baseUrl => `${baseUrl.replace(/\/v1$/, '')}/v1/messages`,

  headers: ({ apiVersion }) => ({ 'anthropic-version': apiVersion }),
  apiKeyHeader: 'x-api-key',

  body(request, settings, stream) {
    const { parameters, outputSchema } = request;
    const asTool = outputSchema && settings.structuredOutput === 'jsonSchema';
    const messages =
      outputSchema && !asTool
        ? withJsonInstructions(request.messages, outputSchema)
        : request.messages;
    const system = messages
      .filter(({ role }) => role === 'system')
      .map(({ content }) => content)
      .join('\n\n');
    return {
      model: settings.model,
      max_tokens: parameters.maxTokens ?? DEFAULT_MAX_TOKENS,
      system: system || undefined,
      messages: messages.filter(({ role }) => role !== 'system'),
      ...(settings.apiVersion === '2023-06-01'
        ? {
            // It goes to 1 here, to 2 elsewhere.
            temperature:
              parameters.temperature && Math.min(parameters.temperature, 1),
            top_p: parameters.topP,
          }
        : {}),
      stop_sequences: parameters.stop,
      ...(asTool
        ? {
            tools: [{ name: TOOL, input_schema: outputSchema }],
            tool_choice: { type: 'tool', name: TOOL },
          }
        : {}),
      ...(stream ? { stream: true } : {}),
    };
  },

  readAnswer(body) {
    const parsed = answerSchema.safeParse(body);
    if (!parsed.success) throw new LanguageModelFailure('malformed');
    const { content, stop_reason: reason, usage } = parsed.data;
    const tool = content.find(({ type }) => type === 'tool_use');
    return {
      text: tool
        ? JSON.stringify(tool.input)
        : content.map(({ text = '' }) => text).join(''),
      finishReason: reason ? toFinishReason(reason) : null,
      usage: usage
        ? {
            inputTokens: inputTokensOf(usage),
            outputTokens: usage.output_tokens ?? 0,
          }
        : undefined,
    };
  },

  readEvent(data) {
    const parsed = eventSchema.safeParse(parseEvent(data));
    if (!parsed.success) throw new LanguageModelFailure('malformed');
    const { type, message, delta, usage, error } = parsed.data;
    switch (type) {
      case 'message_start':
        return message?.usage
          ? { usage: { inputTokens: inputTokensOf(message.usage) } }
          : {};
      case 'content_block_delta':
        return { text: delta?.text };
      case 'message_delta':
        return {
          finishReason: delta?.stop_reason
            ? toFinishReason(delta.stop_reason)
            : undefined,
          usage: usage ? { outputTokens: usage.output_tokens ?? 0 } : undefined,
        };
      case 'message_stop':
        return { isEnd: true };
      case 'error':
        throw new LanguageModelFailure('failed', { code: codeOf(error?.type) });
      default:
        return {};
    }
  },
};
