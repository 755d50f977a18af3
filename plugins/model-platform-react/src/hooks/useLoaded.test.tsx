import { act, render, screen, waitFor } from '@testing-library/react';
import { TestApiProvider } from '@backstage/frontend-test-utils';
import { SignalApi, signalApiRef } from '@backstage/plugin-signals-react';
import { ModelPlatformApi, modelPlatformApiRef } from '../api';
import { useLoaded } from './useLoaded';

const EVERY_MS = 12_345;

/** Questions that the test answers. */
function questions() {
  const asked: Array<{
    signal: AbortSignal;
    answer: (text: string) => void;
    fail: (error: Error) => void;
  }> = [];
  const load = (_: ModelPlatformApi, signal: AbortSignal) =>
    new Promise<string>((answer, fail) => {
      asked.push({ signal, answer, fail });
    });
  return { asked, load };
}

describe('useLoaded', () => {
  it('lets an answer arrive that takes longer than the time between two questions', async () => {
    const rounds = jest.spyOn(window, 'setInterval');
    let tell: () => void = () => {};
    const signals: SignalApi = {
      subscribe: (_, onMessage) => {
        tell = () => (onMessage as (message: object) => void)({});
        return { unsubscribe: () => {} };
      },
    };
    const { asked, load } = questions();
    function Page() {
      const loaded = useLoaded('page', load, {
        everyMs: EVERY_MS,
        on: ['models'],
      });
      return (
        <p>
          {loaded.isLoading ? 'loading' : loaded.error?.message ?? loaded.data}
        </p>
      );
    }
    render(
      <TestApiProvider
        apis={[
          [modelPlatformApiRef, {} as ModelPlatformApi],
          [signalApiRef, signals],
        ]}
      >
        <Page />
      </TestApiProvider>,
    );
    const pass = () =>
      act(() => {
        for (const [round, everyMs] of rounds.mock.calls)
          if (everyMs === EVERY_MS) (round as () => void)();
      });
    expect(screen.getByText('loading')).toBeInTheDocument();
    pass();
    pass();
    expect(asked).toHaveLength(1);
    await act(async () => asked[0].fail(new Error('not answered within 30 s')));
    expect(screen.getByText('not answered within 30 s')).toBeInTheDocument();

    pass();
    expect(asked).toHaveLength(2);
    // What changed while it was under way is asked for once it is answered.
    const told = jest.spyOn(window, 'setTimeout');
    tell();
    act(() => {
      for (const [run] of told.mock.calls) (run as () => void)();
    });
    told.mockRestore();
    expect(asked).toHaveLength(2);
    await act(async () => asked[1].answer('before'));
    expect(screen.getByText('before')).toBeInTheDocument();
    await waitFor(() => expect(asked).toHaveLength(3));
    await act(async () => asked[2].answer('after'));
    expect(screen.getByText('after')).toBeInTheDocument();
    rounds.mockRestore();
  });
});
