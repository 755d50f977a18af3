import { InputError } from '@backstage/errors';
import { ModelVersion } from '@model-platform/plugin-model-platform-common';

/** @throws InputError where the version is an image: this driver runs processes */
export function refuseImage({
  number,
  model,
  image,
}: Pick<ModelVersion, 'number' | 'model' | 'image'>): void {
  if (!image) return;
  throw new InputError(
    `Version ${number} of ${model} is the image ${image.reference}, and environments with the driver local run no images; deploy it to one with the driver kubernetes`,
  );
}
