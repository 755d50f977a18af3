import { Message } from '../PromptFile';

/** For servers that cannot be told of a schema in another way. */
export function withJsonInstructions(
  messages: Message[],
  schema: Record<string, unknown>,
): Message[] {
  return [
    ...messages,
    {
      role: 'system',
      content: `Answer with one JSON object and nothing else. It must fit this JSON Schema:\n${JSON.stringify(
        schema,
      )}`,
    },
  ];
}
