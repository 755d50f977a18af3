import { test } from '@playwright/test';
import { ConsoleWatch, watchConsole } from './watchConsole';

/** A test in the browser; it fails too where the console or a request did. */
export const portalTest = test.extend<{ watch: ConsoleWatch }>({
  watch: [
    async ({ page }, use) => {
      const watch = watchConsole(page);
      await use(watch);
      watch.check();
    },
    { auto: true },
  ],
});
