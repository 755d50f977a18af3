import {
  SignatureField,
  VersionFile,
  VersionSpec,
} from '@model-platform/plugin-model-platform-common';
import { Tag } from '../http/readParameters';
import { IS_PROMPT } from '../search/applyComparisons';

const TEXT = 'mlflow.prompt.text';
const TYPE = '_mlflow_prompt_type';
const RESPONSE_FORMAT = '_mlflow_prompt_response_format';
const MODEL_CONFIG = '_mlflow_prompt_model_config';

/** The tags that MLflow's clients make a prompt of. */
export const promptTags = [
  TEXT,
  TYPE,
  IS_PROMPT,
  RESPONSE_FORMAT,
  MODEL_CONFIG,
];

/** A prompt is a registered model whose tags say so; the text is in a tag of each version. */
export function isPrompt(tags: Tag[]): boolean {
  return tags.some(
    tag =>
      tag.key === IS_PROMPT && tag.value.toLocaleLowerCase('en-US') === 'true',
  );
}

export interface PromptFile extends Pick<VersionFile, 'path'> {
  content: string;
}

/** The file that stands for the prompt in the registry, as runners read it. */
export function promptFile(tags: Tag[]): PromptFile {
  const text = valueOf(tags, TEXT) ?? '';
  const isChat = valueOf(tags, TYPE) === 'chat';
  const outputSchema = objectIn(valueOf(tags, RESPONSE_FORMAT));
  const parameters = parametersOf(objectIn(valueOf(tags, MODEL_CONFIG)));
  const messages = isChat ? jsonIn(text) : undefined;
  if ((!outputSchema && !parameters) || (isChat && !Array.isArray(messages))) {
    return { path: isChat ? 'prompt.json' : 'prompt.txt', content: text };
  }
  return {
    path: 'prompt.json',
    content: JSON.stringify({
      ...(isChat ? { messages } : { template: text }),
      parameters,
      outputSchema,
    }),
  };
}

/** Its variables are its inputs: `{{ name }}`. */
export function promptSpec(
  tags: Tag[],
): Pick<VersionSpec, 'flavor' | 'runtime' | 'signature'> {
  const schema = objectIn(valueOf(tags, RESPONSE_FORMAT));
  return {
    flavor: 'prompt',
    runtime: 'node',
    signature: {
      inputs: promptVariables(tags).map(name => ({ name, type: 'string' })),
      outputs: [
        ...(schema
          ? answerFields(schema)
          : [{ name: 'answer', type: 'string' as const, optional: true }]),
        { name: 'completed', type: 'boolean' },
        { name: 'rendered', type: 'object', shape: [-1], optional: true },
      ],
    },
  };
}

/** Names of its variables, each once. */
export function promptVariables(tags: Tag[]): string[] {
  const text = valueOf(tags, TEXT) ?? '';
  return [
    ...new Set(
      [...text.matchAll(/\{\{\s*([\w.-]+)\s*\}\}/g)].map(match => match[1]),
    ),
  ];
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function valueOf(tags: Tag[], key: string): string | undefined {
  return tags.find(tag => tag.key === key)?.value;
}

function jsonIn(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** What MLflow's clients did not write is left out. */
function objectIn(text: string | undefined): Json | undefined {
  const value = jsonIn(text);
  return isObject(value) ? value : undefined;
}

/** The platform says which model and where; how it answers is the prompt's. */
function parametersOf(config: Json | undefined): Json | undefined {
  if (!config) return undefined;
  const entries = Object.entries({
    temperature: config.temperature,
    topP: config.top_p,
    maxTokens: config.max_tokens,
    stop: config.stop_sequences,
  }).filter(([, value]) => value !== undefined && value !== null);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** One output for each property whose type the schema says. */
function answerFields(schema: Json): SignatureField[] {
  const properties = isObject(schema.properties) ? schema.properties : {};
  return Object.entries(properties).flatMap(([name, property]) => {
    const { type, items } = resolved(property, schema);
    const scalar = scalarType(
      type === 'array' ? resolved(items, schema).type : type,
    );
    return scalar
      ? [
          {
            name,
            type: scalar,
            optional: true,
            ...(type === 'array' ? { shape: [-1] } : {}),
          },
        ]
      : [];
  });
}

/** Pydantic writes classes of their own as references. */
function resolved(value: unknown, schema: Json): Json {
  if (!isObject(value)) return {};
  const name = /^#\/\$defs\/(.+)$/.exec(String(value.$ref))?.[1];
  if (name === undefined) return value;
  const found = isObject(schema.$defs) ? schema.$defs[name] : undefined;
  return isObject(found) ? found : {};
}

function scalarType(type: unknown): SignatureField['type'] | undefined {
  const types = ['string', 'integer', 'number', 'boolean', 'object'] as const;
  return types.find(one => one === type);
}
