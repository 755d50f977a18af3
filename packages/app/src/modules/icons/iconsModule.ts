import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { IconBundleBlueprint } from '@backstage/plugin-app-react';
import { kindIcons } from './kindIcons';

/** Icons of the platform's kinds, for whoever asks the app for them by kind. */
export const iconsModule = createFrontendModule({
  pluginId: 'app',
  extensions: [
    IconBundleBlueprint.make({
      name: 'model-platform-kinds',
      params: {
        icons: {
          'kind:model': kindIcons.model,
          'kind:modeldeployment': kindIcons.modeldeployment,
        },
      },
    }),
  ],
});
