import { Change } from '../registry/ChangeOutbox';
import { toMessages } from './toMessages';

const change = (action: string, details: Change['details']): Change => ({
  id: '1',
  modelId: 'm',
  at: '2026-01-01T00:00:00.000Z',
  actor: 'token:ci',
  action,
  details,
});
const model = { name: 'iris', type: 'ml' };
const prompt = { name: 'greeting', type: 'prompt' };
const promptTags = {
  'mlflow.prompt.is_prompt': 'true',
  'mlflow.prompt.text': 'Hello {{name}}!',
  _mlflow_prompt_type: 'text',
  team: 'care',
};

describe('toMessages', () => {
  it("tells what MLflow's door makes as MLflow does", () => {
    expect(
      toMessages(
        change('registered', { description: 'd', tags: { k: 'v' } }),
        model,
      ),
    ).toEqual([
      {
        event: 'registered_model.created',
        data: { name: 'iris', tags: { k: 'v' }, description: 'd' },
      },
    ]);
    expect(
      toMessages(
        change('version-registered', {
          version: 2,
          state: 'bare',
          source: 's3://bucket/model',
          runId: 'run',
          tags: { k: 'v' },
        }),
        model,
      ),
    ).toEqual([
      {
        event: 'model_version.created',
        data: {
          name: 'iris',
          version: '2',
          source: 's3://bucket/model',
          run_id: 'run',
          tags: { k: 'v' },
          description: null,
        },
      },
    ]);
  });

  it('tells of prompts without the tags by which they are kept', () => {
    expect(
      toMessages(change('registered', { tags: promptTags }), prompt),
    ).toEqual([
      {
        event: 'prompt.created',
        data: { name: 'greeting', tags: { team: 'care' }, description: null },
      },
    ]);
    expect(
      toMessages(
        change('version-registered', {
          version: 1,
          state: 'bare',
          description: 'First',
          tags: promptTags,
        }),
        prompt,
      ),
    ).toEqual([
      {
        event: 'prompt_version.created',
        data: {
          name: 'greeting',
          version: '1',
          template: 'Hello {{name}}!',
          tags: { team: 'care' },
          description: 'First',
        },
      },
    ]);
  });

  it('tells nothing of a version that waits', () => {
    for (const action of [
      'version-registered',
      'version-tag-set',
      'version-tag-deleted',
      'version-deleted',
    ]) {
      const details = { version: 3, key: 'k', value: 'v' };
      expect(
        toMessages(change(action, { ...details, state: 'pending' }), model),
      ).toEqual([]);
    }
  });
});
