import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { LogLine } from '@model-platform/plugin-model-platform-common';
import { FakePlatform } from '../__testUtils__/FakePlatform';
import { renderOnPlatform } from '../__testUtils__/renderOnPlatform';
import { sampleDeployment, sampleModel } from '../__testUtils__/samples';
import { ModelLogsContent } from './ModelLogsContent';

const line = (message: string, fields: Partial<LogLine> = {}): LogLine => ({
  at: '2026-11-02T09:00:00.123Z',
  level: 'info',
  message,
  runner: 'iris-main-2',
  ...fields,
});

/** A `text/event-stream` that the test writes. */
function openStream() {
  const encoder = new TextEncoder();
  let send: (text: string) => void = () => undefined;
  let end: () => void = () => undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      send = text => controller.enqueue(encoder.encode(text));
      end = () => controller.close();
    },
  });
  return { body, send: (text: string) => send(text), end: () => end() };
}

const kept = [
  line('model loaded'),
  line('column bmi is missing', {
    level: 'error',
    requestId: 'req-77',
    code: 500,
    stack: 'Error: bmi\n    at predict (endpoint.ts:7)',
  }),
];

describe('ModelLogsContent', () => {
  it('filters by level and finds the lines of a request', async () => {
    const platform = new FakePlatform()
      .when('GET deployments', () => ({ items: [sampleDeployment()] }))
      .when('GET deployments/iris/logs', ({ query }) => ({
        items: query.get('grep') === 'REQ-77' ? [kept[1]] : kept,
        sources: ['iris-main-2', 'iris-main-1'],
      }));
    await renderOnPlatform(<ModelLogsContent />, platform);
    const log = await screen.findByRole('log', { name: 'Log of iris' });
    expect(log).toHaveTextContent('model loaded');
    expect(log).toHaveTextContent(
      'request req-77 code=500 Error: bmi at predict (endpoint.ts:7)',
    );
    expect(screen.queryByText(/kubectl/)).not.toBeInTheDocument();

    const search = screen.getByRole('searchbox', { name: 'Search in the log' });
    await userEvent.type(search, 'REQ-77');
    await waitFor(() => expect(log).not.toHaveTextContent('model loaded'));
    expect(log).toHaveTextContent('column bmi is missing');
    expect(screen.getByText('1 line has this')).toBeInTheDocument();

    await userEvent.click(screen.getByRole('button', { name: /Runner/ }));
    await userEvent.click(
      await screen.findByRole('option', { name: 'iris-main-1' }),
    );
    await waitFor(() =>
      expect(
        platform
          .callsOf('GET deployments/iris/logs')
          .some(({ query }) => query.get('runner') === 'iris-main-1'),
      ).toBe(true),
    );
  });

  it('follows: shows what comes, once, also when it comes in pieces', async () => {
    const stream = openStream();
    const platform = new FakePlatform()
      .when('GET deployments', () => ({ items: [sampleDeployment()] }))
      .when('GET deployments/iris/logs', ({ query }) =>
        query.get('follow') === 'true'
          ? new Response(stream.body, {
              headers: { 'content-type': 'text/event-stream' },
            })
          : { items: kept, sources: ['iris-main-2'] },
      );
    await renderOnPlatform(<ModelLogsContent />, platform);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Follow' }),
    );

    const fresh = JSON.stringify(line('answered in 3 ms ✓'));
    const bytes = `data: ${fresh}\n\n`;
    stream.send(`: still here\n\ndata: ${JSON.stringify(kept[1])}\n\n`);
    stream.send(bytes.slice(0, 20));
    stream.send(bytes.slice(20));
    await waitFor(() =>
      expect(screen.getByRole('log')).toHaveTextContent('answered in 3 ms ✓'),
    );
    expect(screen.getAllByText(/column bmi is missing/)).toHaveLength(1);

    stream.end();
    expect(await screen.findByText('The log ended')).toBeInTheDocument();
  });

  it('shows nothing as new that is older than what was shown', async () => {
    const stream = openStream();
    const at = (second: number) =>
      new Date(Date.UTC(2026, 10, 2, 9, 0, second)).toISOString();
    const many = Array.from({ length: 500 }, (_, index) =>
      line(`line ${index}`, { at: at(10 + index) }),
    );
    const platform = new FakePlatform()
      .when('GET deployments', () => ({ items: [sampleDeployment()] }))
      .when('GET deployments/iris/logs', ({ query }) =>
        query.get('follow') === 'true'
          ? new Response(stream.body, {
              headers: { 'content-type': 'text/event-stream' },
            })
          : { items: many, sources: ['iris-main-1', 'iris-main-2'] },
      );
    await renderOnPlatform(<ModelLogsContent />, platform);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Follow' }),
    );
    const old = line('of yore', { at: at(1), runner: 'iris-main-1' });
    for (const one of [old, line('fresh', { at: at(600) })])
      stream.send(`data: ${JSON.stringify(one)}\n\n`);
    await waitFor(() =>
      expect(screen.getByRole('log')).toHaveTextContent('fresh'),
    );
    expect(screen.getByRole('log')).not.toHaveTextContent('of yore');
    stream.end();
  });

  it('says where an image of its own writes', async () => {
    const { current } = sampleModel();
    const platform = new FakePlatform()
      .when('GET models/iris', () =>
        sampleModel({ current: current && { ...current, flavor: 'image' } }),
      )
      .when('GET deployments', () => ({ items: [sampleDeployment()] }))
      .when('GET deployments/iris/logs', () => ({ items: [], sources: [] }));
    await renderOnPlatform(<ModelLogsContent />, platform);
    expect(
      await screen.findByText('kubectl logs POD -c model'),
    ).toBeInTheDocument();
  });

  it('says why there are none', async () => {
    const none = new FakePlatform().when('GET deployments', () => ({
      items: [],
    }));
    const first = await renderOnPlatform(<ModelLogsContent />, none);
    expect(await screen.findByText(/not deployed/)).toBeInTheDocument();
    first.unmount();

    const lost = new FakePlatform()
      .when('GET deployments', () => ({ items: [sampleDeployment()] }))
      .when('GET deployments/iris/logs', () =>
        FakePlatform.refusal(
          503,
          'ServiceUnavailableError',
          'The host does not answer',
        ),
      );
    await renderOnPlatform(<ModelLogsContent />, lost);
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The host does not answer',
    );
  });
});
