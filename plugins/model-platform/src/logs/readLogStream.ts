import { LogLine } from '@model-platform/plugin-model-platform-common';

/**
 * Lines of a `text/event-stream`, one event a line of the log, until the
 * stream ends. Comments, which keep the connection open, are skipped.
 */
export async function* readLogStream(
  response: Response,
): AsyncGenerator<LogLine> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += decoder.decode(value, { stream: true });
      const events = rest.split(/\r?\n\r?\n/);
      rest = events.pop() ?? '';
      for (const event of events) {
        const data = event
          .split(/\r?\n/)
          .filter(line => line.startsWith('data:'))
          .map(line => line.slice('data:'.length).trimStart())
          .join('\n');
        if (data) yield JSON.parse(data) as LogLine;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
