import { IconComponent } from '@backstage/frontend-plugin-api';
import { RiBrainLine, RiRocketLine } from '@remixicon/react';

const SIZE = { inherit: '1em', small: 20, medium: 24, large: 35 };

const ModelIcon: IconComponent = ({ fontSize = 'inherit' }) => (
  <RiBrainLine size={SIZE[fontSize]} />
);

const ModelDeploymentIcon: IconComponent = ({ fontSize = 'inherit' }) => (
  <RiRocketLine size={SIZE[fontSize]} />
);

/** Icons of the platform's own kinds, by kind in lower case. */
export const kindIcons = {
  model: ModelIcon,
  modeldeployment: ModelDeploymentIcon,
};
