import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const role = z.enum(['system', 'user', 'assistant']);
const message = z.strictObject({ role, content: z.string() });
/** Text, or the file of the version that has it. */
const text = z.union([z.string(), z.strictObject({ file: z.string() })]);

const parametersSchema = z.strictObject({
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  maxTokens: z.number().int().positive().optional(),
  stop: z.array(z.string().min(1)).max(4).optional(),
  seed: z.number().int().optional(),
});

const promptSchema = z
  .strictObject({
    template: z.string().optional(),
    messages: z.array(message).min(1).optional(),
    partials: z.record(z.string(), text).default({}),
    parameters: parametersSchema.default({}),
    outputSchema: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(
    prompt =>
      (prompt.template === undefined) !== (prompt.messages === undefined),
    'must have either template or messages',
  );

/** The files that a prompt may be. */
export const PROMPT_FILES = [
  'prompt.yaml',
  'prompt.yml',
  'prompt.json',
  'prompt.txt',
];

export type Message = z.infer<typeof message>;
export type Parameters = z.infer<typeof parametersSchema>;

/** What a prompt's file says. */
export interface PromptDefinition {
  messages: Message[];
  /** By name. */
  partials: Record<string, string>;
  parameters: Parameters;
  outputSchema?: Record<string, unknown>;
}

/**
 * Reads `prompt.yaml`, `prompt.json` (the same, or only its messages) or
 * `prompt.txt` (only a template).
 *
 * @throws Error that says what to change, for the prompt's developer
 */
export async function readPromptFile(
  file: string,
  directory: string,
): Promise<PromptDefinition> {
  const content = await readFile(path.join(directory, file), 'utf8');
  const value = file.endsWith('.txt')
    ? { template: content }
    : parsed(file, content);
  const parsing = promptSchema.safeParse(
    Array.isArray(value) ? { messages: value } : value,
  );
  if (!parsing.success) {
    throw new Error(
      `${file} is no prompt: ${parsing.error.issues
        .map(issue => `${issue.path.join('.') || 'it'}: ${issue.message}`)
        .join('; ')}.`,
    );
  }
  const { template, messages, partials, parameters, outputSchema } =
    parsing.data;
  // As MLflow registers them, where Jinja is allowed: sent as it stands it would be nonsense.
  const isPlain = file.endsWith('.txt') || Array.isArray(value);
  if (isPlain && content.includes('{%'))
    throw new Error(
      `${file} has {% … %}: control flow of Jinja is not rendered. Write it with sections, {{#name}} … {{/name}}.`,
    );
  return {
    messages: messages ?? [{ role: 'user', content: template ?? '' }],
    partials: Object.fromEntries(
      await Promise.all(
        Object.entries(partials).map(async ([name, partial]) => [
          name,
          typeof partial === 'string'
            ? partial
            : await partialFile(name, partial.file, directory),
        ]),
      ),
    ),
    parameters,
    outputSchema,
  };
}

function parsed(file: string, content: string): unknown {
  try {
    if (file.endsWith('.json')) return JSON.parse(content);
    return parse(content);
  } catch (error) {
    throw new Error(
      `${file} cannot be read: ${
        error instanceof Error ? error.message : error
      }`,
    );
  }
}

async function partialFile(
  name: string,
  file: string,
  directory: string,
): Promise<string> {
  const inside = path.relative(directory, path.resolve(directory, file));
  if (inside.startsWith('..') || path.isAbsolute(inside))
    throw new Error(`The partial '${name}' must be a file of the version.`);
  return await readFile(path.join(directory, inside), 'utf8').catch(() => {
    throw new Error(
      `The partial '${name}' names ${file}, which is not among the files of the version.`,
    );
  });
}
