import { servingInterpreters } from './servingInterpreters';

describe('servingInterpreters', () => {
  it('are those of runners that serve, as long as they are there', () => {
    const there = process.execPath;
    const runners = [
      { id: 'own', phase: 'ready', interpreter: there },
      { id: 'platform', phase: 'ready', interpreter: undefined },
      { id: 'gone', phase: 'ready', interpreter: `${there}-gone` },
      { id: 'failed', phase: 'failed', interpreter: there },
      { id: 'starting', phase: 'starting', interpreter: there },
      { id: 'draining', phase: 'draining', interpreter: there },
    ] as const;
    expect([...servingInterpreters([...runners])]).toEqual([
      ['own', there],
      ['platform', undefined],
    ]);
  });
});
