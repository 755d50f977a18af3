import { IconComponent } from '@backstage/frontend-plugin-api';
import { RiBrainLine, RiRocketLine } from '@remixicon/react';

// The catalog graph places icons with attributes of its own, which pass through.
const SIZE = { inherit: '1em', small: 20, medium: 24, large: 35 };

const ModelIcon: IconComponent = ({ fontSize = 'inherit', ...place }) => (
  <RiBrainLine size={SIZE[fontSize]} {...place} />
);

const ModelDeploymentIcon: IconComponent = ({
  fontSize = 'inherit',
  ...place
}) => <RiRocketLine size={SIZE[fontSize]} {...place} />;

/** Icons of the platform's own kinds, by kind in lower case. */
export const kindIcons = {
  model: ModelIcon,
  modeldeployment: ModelDeploymentIcon,
};
