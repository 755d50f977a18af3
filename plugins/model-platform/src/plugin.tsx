import { createFrontendPlugin } from '@backstage/frontend-plugin-api';
import { RiBrainLine } from '@remixicon/react';
import { apiExtensions } from './extensions/apis';
import { entityExtensions } from './extensions/entity';
import { pageExtensions } from './extensions/pages';
import { searchExtensions } from './extensions/search';
import { rootRouteRef } from './routes';

/** Pages, entity contents and search results of the model platform. @public */
export const modelPlatformPlugin = createFrontendPlugin({
  pluginId: 'model-platform',
  title: 'Model platform',
  icon: <RiBrainLine />,
  info: { packageJson: () => import('../package.json') },
  routes: { root: rootRouteRef },
  extensions: [
    ...apiExtensions,
    ...pageExtensions,
    ...entityExtensions,
    ...searchExtensions,
  ],
});
