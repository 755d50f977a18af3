import { toRunnerResources } from './toRunnerResources';

describe('resources of a runner', () => {
  it('are the deployment’s, else the version’s, each for itself', () => {
    expect(
      toRunnerResources(
        { memory: '1Gi', replicas: { min: 2, max: 2 } },
        { cpu: '250m', memory: '128Mi', gpu: 1 },
      ),
    ).toEqual({ cpuCores: 0.25, memoryBytes: 1024 ** 3, gpus: 1 });
    expect(toRunnerResources({ cpu: '1.5', gpu: 0 }, { gpu: 2 })).toEqual({
      cpuCores: 1.5,
    });
  });

  it('are read as Kubernetes reads them', () => {
    const bytes = (memory: string) =>
      toRunnerResources({ memory }, undefined)?.memoryBytes;
    expect([
      bytes('1000000'),
      bytes('64M'),
      bytes('1.5Gi'),
      bytes('2k'),
      bytes('300Ki'),
    ]).toEqual([1_000_000, 64_000_000, 1_610_612_736, 2_000, 307_200]);
  });

  it('are as much as there is where nobody says anything', () => {
    expect(toRunnerResources(undefined, undefined)).toBeUndefined();
    expect(toRunnerResources({}, { gpu: 0 })).toBeUndefined();
    // Nothing is not all there is: the host refuses it.
    expect(toRunnerResources({ cpu: '0', memory: '0' }, undefined)).toEqual({
      cpuCores: 0,
      memoryBytes: 0,
    });
  });
});
