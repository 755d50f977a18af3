import { Grant } from '@model-platform/plugin-model-platform-common';
import { nameOfRef } from '@model-platform/plugin-model-platform-react';

/** A grant as one says it: `read, publish: models of botany-ml in plant-catalogue`. */
export function grantInWords(grant: Grant): string {
  const { actions, systems, owners, models } = grant;
  const which = models ? `only ${models.join(', ')}` : 'models';
  const whose = owners ? owners.map(nameOfRef).join(', ') : 'any owner';
  const where = systems.includes('*') ? 'every system' : systems.join(', ');
  return `${actions.join(', ')}: ${which} of ${whose} in ${where}`;
}
