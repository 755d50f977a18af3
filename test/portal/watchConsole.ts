import { expect, Page } from '@playwright/test';

/** An answer that a test provokes; everything else from 400 on is a fault. */
export interface ExpectedRefusal {
  status: number;
  url: RegExp;
}

/** What must not happen while somebody uses the portal. */
export class ConsoleWatch {
  private readonly faults: string[] = [];
  private readonly expected: ExpectedRefusal[] = [];
  private areCutsExpected = false;

  constructor(page: Page) {
    page.on('console', message => {
      // Chromium's own line for a refused request; the response below says more.
      const isRefusal = message
        .text()
        .startsWith('Failed to load resource: the server responded');
      const isCut = message.text().startsWith('Failed to load resource: net::');
      if (
        message.type() === 'error' &&
        !isRefusal &&
        !(isCut && this.areCutsExpected)
      ) {
        this.faults.push(`console: ${message.text()}`);
      }
    });
    page.on('pageerror', error => {
      this.faults.push(`uncaught: ${error.stack ?? error.message}`);
    });
    page.on('response', response => {
      const { status, url } = {
        status: response.status(),
        url: response.url(),
      };
      const isExpected = this.expected.some(
        refusal => refusal.status === status && refusal.url.test(url),
      );
      if (status >= 400 && !isExpected) {
        this.faults.push(
          `${status}: ${response.request().method()} ${response.url()}`,
        );
      }
    });
  }

  /** From now on such answers are what the test is about. */
  expect(refusal: ExpectedRefusal): void {
    this.expected.push(refusal);
  }

  /** From now on the test cuts connections. */
  expectCuts(): void {
    this.areCutsExpected = true;
  }

  /** Fails with everything that went wrong. */
  check(): void {
    expect(this.faults, 'the console of the browser').toEqual([]);
  }
}

/** Watches a page from its first request on. */
export function watchConsole(page: Page): ConsoleWatch {
  return new ConsoleWatch(page);
}
