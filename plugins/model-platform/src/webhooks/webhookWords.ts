import {
  MLFLOW_EVENTS,
  OWN_EVENTS,
  WebhookDelivery,
  WebhookTestResult,
} from '@model-platform/plugin-model-platform-common';

/** `model version alias created` of `model_version_alias.created`. */
export function eventText(event: string): string {
  return event.replace(/[._]/g, ' ');
}

/** Events that can be asked for, as they stand in the form. */
export const EVENT_GROUPS: Array<{ title: string; events: string[] }> = [
  {
    title: 'Models and versions',
    events: [...MLFLOW_EVENTS].filter(one => !one.startsWith('prompt')),
  },
  {
    title: 'The same for prompts',
    events: [...MLFLOW_EVENTS].filter(one => one.startsWith('prompt')),
  },
  { title: 'Beyond MLflow’s, for all types', events: [...OWN_EVENTS] },
];

/** What a receiver answered last, or why it did not. */
export function answerText({
  responseStatus,
  error,
}: Pick<WebhookDelivery, 'responseStatus' | 'error'>): string {
  const parts = [
    responseStatus !== undefined && `answered ${responseStatus}`,
    error,
  ].filter(Boolean);
  return parts.join('; ') || '–';
}

/** What became of a test. */
export function testText(result: WebhookTestResult): string {
  return `${
    result.success ? 'The receiver took it' : 'The receiver did not take it'
  }: ${answerText(result)}`;
}
