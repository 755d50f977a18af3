import { flushCompileCache } from 'node:module';
import { createBackend } from '@backstage/backend-defaults';
import { checkedRootConfig } from './checkedRootConfig';
import { localProfile } from './localProfile';
import { stopWithParent } from './stopWithParent';

stopWithParent();

const backend = createBackend();
backend.add(checkedRootConfig);

if (process.env.MODEL_PLATFORM_PROFILE === 'local') {
  for (const feature of localProfile) backend.add(feature);
}

backend.add(import('@backstage/plugin-app-backend'));

backend.add(import('@backstage/plugin-auth-backend'));
backend.add(import('@backstage/plugin-auth-backend-module-oidc-provider'));
backend.add(import('@model-platform/plugin-auth-backend-module-sample-people'));

backend.add(import('@backstage/plugin-permission-backend'));
backend.add(
  import('@model-platform/plugin-permission-backend-module-model-platform'),
);

backend.add(import('@backstage/plugin-catalog-backend'));
backend.add(
  import('@backstage/plugin-catalog-backend-module-scaffolder-entity-model'),
);
backend.add(
  import('@model-platform/plugin-catalog-backend-module-model-platform'),
);

backend.add(import('@backstage/plugin-search-backend'));
backend.add(import('@backstage/plugin-search-backend-module-pg'));
backend.add(import('@backstage/plugin-search-backend-module-catalog'));
backend.add(
  import('@model-platform/plugin-search-backend-module-model-platform'),
);

backend.add(import('@backstage/plugin-scaffolder-backend'));
backend.add(
  import('@model-platform/plugin-scaffolder-backend-module-model-platform'),
);

backend.add(import('@backstage/plugin-notifications-backend'));
backend.add(import('@backstage/plugin-signals-backend'));
backend.add(import('@backstage/plugin-user-settings-backend'));

backend.add(import('@model-platform/plugin-model-platform-backend'));
backend.add(
  import('@model-platform/plugin-model-platform-backend-module-local'),
);
backend.add(
  import('@model-platform/plugin-model-platform-backend-module-kubernetes'),
);
backend.add(
  import('@model-platform/plugin-model-platform-backend-module-prometheus'),
);

backend.start().then(
  // Where Node keeps one, it would else be written at an orderly end only: the
  // start after a kill, which somebody waits for, would compile everything anew.
  () => flushCompileCache(),
  error => {
    process.stderr.write(
      `The portal cannot start: ${error?.message ?? error}\n`,
    );
    process.exit(1);
  },
);
