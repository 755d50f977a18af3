import { Flavor } from './Flavor';
import { onnxFlavor } from './onnx/onnxFlavor';

/** All flavors that this runtime serves. */
export const flavors: Flavor[] = [onnxFlavor];
