import {
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { Change } from '../registry/ChangeOutbox';
import { promptTags } from '../registry/mlflow/completion/promptVersion';

const PROMPT_TEXT = 'mlflow.prompt.text';

/** What a change is told as. */
export interface Message {
  event: string;
  data: Record<string, unknown>;
}

/** The model of a change; of one that was deleted, what is left. */
export type ChangedModel = Pick<Model, 'name' | 'type'> &
  Partial<Pick<Model, 'createdAt' | 'description' | 'tags'>>;

/**
 * A change in the words of MLflow's webhooks, as far as those go: events and
 * data are those of MLflow 3 (`mlflow/webhooks/types.py`).
 */
export function toMessages(
  change: Change,
  model: ChangedModel,
  version?: ModelVersion,
): Message[] {
  const { details = {} } = change;
  const { name } = model;
  const isPrompt = model.type === 'prompt';
  const about = { name, version: String(details.version) };
  const why = { actor: change.actor, reason: change.reason ?? null };
  const entity = (ofModel: string, ofPrompt: string) =>
    isPrompt ? ofPrompt : ofModel;

  // A version that is not complete is for nobody but who may publish there.
  if (details.state === 'pending') return [];

  switch (change.action) {
    // By MLflow's door a model is there before its first version, and a
    // version that MLflow alone has is ready without a publish.
    case 'registered':
      return [
        {
          event: entity('registered_model.created', 'prompt.created'),
          data: {
            name,
            tags: ownTagsOf(details.tags),
            description: details.description ?? null,
          },
        },
      ];
    case 'version-registered':
      return details.state === 'bare'
        ? [
            {
              event: entity('model_version.created', 'prompt_version.created'),
              data: {
                ...about,
                ...(isPrompt
                  ? { template: tagsOf(details.tags)[PROMPT_TEXT] ?? null }
                  : {
                      source: details.source,
                      run_id: details.runId ?? null,
                    }),
                tags: ownTagsOf(details.tags),
                description: details.description || null,
              },
            },
          ]
        : [];
    case 'published': {
      const created: Message = {
        event: entity('model_version.created', 'prompt_version.created'),
        data: {
          ...about,
          ...(isPrompt
            ? { template: promptOf(version) }
            : {
                source: `models:/${name}/${about.version}`,
                run_id: version?.provenance?.trainingRun ?? null,
              }),
          tags: {},
          description: null,
        },
      };
      // A model is there with its first version, at the same moment.
      return model.createdAt === change.at
        ? [
            {
              event: entity('registered_model.created', 'prompt.created'),
              data: { name, tags: {}, description: model.description ?? null },
            },
            created,
          ]
        : [created];
    }
    case 'alias-moved':
      return [
        {
          event: entity('model_version_alias.created', 'prompt_alias.created'),
          data: { name, alias: details.alias, version: about.version },
        },
      ];
    case 'alias-removed':
      return [
        {
          event: entity('model_version_alias.deleted', 'prompt_alias.deleted'),
          data: { name, alias: details.alias },
        },
      ];
    case 'version-tag-set':
      return [
        {
          event: entity('model_version_tag.set', 'prompt_version_tag.set'),
          data: { ...about, key: details.key, value: details.value },
        },
      ];
    case 'version-tag-deleted':
      return [
        {
          event: entity(
            'model_version_tag.deleted',
            'prompt_version_tag.deleted',
          ),
          data: { ...about, key: details.key },
        },
      ];
    case 'tag-set':
      return isPrompt
        ? [
            {
              event: 'prompt_tag.set',
              data: { name, key: details.key, value: details.value },
            },
          ]
        : [];
    case 'tag-deleted':
      return isPrompt
        ? [{ event: 'prompt_tag.deleted', data: { name, key: details.key } }]
        : [];
    case 'updated':
    case 'archived':
    case 'restored':
    case 'deleted':
      return [
        {
          event: `registered_model.${change.action}`,
          data: { name, ...why },
        },
      ];
    case 'version-archived':
    case 'version-restored':
    case 'version-deleted':
    case 'approved':
    case 'refused':
      return [
        {
          event: `model_version.${change.action.replace('version-', '')}`,
          data: { ...about, ...why },
        },
      ];
    default:
      return [];
  }
}

function tagsOf(tags: unknown): Record<string, unknown> {
  return typeof tags === 'object' && tags !== null ? { ...tags } : {};
}

/** Without those by which MLflow's clients keep prompts. */
function ownTagsOf(tags: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(tagsOf(tags)).filter(([key]) => !promptTags.includes(key)),
  );
}

/** Where the version says it itself; files are not read for a message. */
function promptOf(version: ModelVersion | undefined): string | null {
  const template = version?.metadata.template;
  return typeof template === 'string' ? template : null;
}

/** What a test sends: an event's data with names that nothing has. */
export function exampleData(event: string): Record<string, unknown> {
  const [entity, action] = event.split('.');
  const name = entity.startsWith('prompt') ? 'example_prompt' : 'example_model';
  const tag = {
    key: 'example_key',
    ...(action === 'set' ? { value: 'example_value' } : {}),
  };
  const described = {
    tags: { example_key: 'example_value' },
    description: `An example ${entity.replace('_', ' ')}`,
  };
  switch (entity) {
    case 'registered_model':
    case 'prompt':
      return action === 'created'
        ? { name, ...described }
        : { name, actor: 'user:default/example', reason: 'An example' };
    case 'model_version':
    case 'prompt_version':
      if (action !== 'created') {
        return {
          name,
          version: '1',
          actor: 'user:default/example',
          reason: 'An example',
        };
      }
      return entity === 'prompt_version'
        ? { name, version: '1', template: 'Hello {{name}}!', ...described }
        : {
            name,
            version: '1',
            source: 'models:/123',
            run_id: 'abcd1234abcd5678',
            ...described,
          };
    case 'prompt_tag':
      return { name, ...tag };
    case 'model_version_alias':
    case 'prompt_alias':
      return {
        name,
        alias: 'example_alias',
        ...(action === 'created' ? { version: '1' } : {}),
      };
    default:
      return { name, version: '1', ...tag };
  }
}
