import {
  VersionFile,
  VersionSpec,
} from '@model-platform/plugin-model-platform-common';
import { Tag } from '../http/readParameters';
import { IS_PROMPT } from '../search/applyComparisons';

const TEXT = 'mlflow.prompt.text';
const TYPE = '_mlflow_prompt_type';

/** The tags that MLflow's clients make a prompt of. */
export const promptTags = [TEXT, TYPE, IS_PROMPT];

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

/** The file that stands for the prompt in the registry. */
export function promptFile(tags: Tag[]): PromptFile {
  const type = tags.find(tag => tag.key === TYPE)?.value;
  return {
    path: type === 'chat' ? 'prompt.json' : 'prompt.txt',
    content: tags.find(tag => tag.key === TEXT)?.value ?? '',
  };
}

/** Its variables are its inputs: `{{ name }}`. */
export function promptSpec(
  content: string,
): Pick<VersionSpec, 'flavor' | 'runtime' | 'signature'> {
  const names = new Set(
    [...content.matchAll(/\{\{\s*([\w.-]+)\s*\}\}/g)].map(match => match[1]),
  );
  return {
    flavor: 'prompt',
    runtime: 'python',
    signature: {
      inputs: [...names].map(name => ({ name, type: 'string' })),
      outputs: [{ name: 'prompt', type: 'string' }],
    },
  };
}
