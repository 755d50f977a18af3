import { createApp } from '@backstage/frontend-defaults';
import { catalogModule } from './modules/catalog';
import { homeModule } from './modules/home';
import { iconsModule } from './modules/icons';
import { navModule } from './modules/nav';
import { signInModule } from './modules/signIn';

/** The portal: the plugins among this package's dependencies, and what only an app decides. */
export function createPortal() {
  return createApp({
    features: [catalogModule, homeModule, iconsModule, navModule, signInModule],
  });
}
