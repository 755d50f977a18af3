import { Flavor } from './Flavor';

/** All flavors that this runtime serves, by name; an engine is in memory only where its flavor is served. */
export const flavors: Record<string, () => Promise<Flavor>> = {
  onnx: async () => (await import('./onnx/onnxFlavor')).onnxFlavor,
  minizinc: async () =>
    (await import('./minizinc/minizincFlavor')).minizincFlavor,
  highs: async () => (await import('./highs/highsFlavor')).highsFlavor,
  dmn: async () => (await import('./dmn/dmnFlavor')).dmnFlavor,
  bpmn: async () => (await import('./bpmn/bpmnFlavor')).bpmnFlavor,
  image: async () => (await import('./image/imageFlavor')).imageFlavor,
  node: async () => (await import('./node/nodeFlavor')).nodeFlavor,
  prompt: async () => (await import('./prompt/promptFlavor')).promptFlavor,
};
