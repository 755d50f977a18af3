import fs from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const MAX_LINES = 12;

/** The beginning of an error, without colours. */
const firstLines = text =>
  stripVTControlCharacters(text ?? '')
    .split('\n')
    .slice(0, MAX_LINES)
    .join('\n');

/** Counts and failures of a jest report; a file that could not run counts as one failure. */
export function jestResult(file, code) {
  const report = JSON.parse(fs.readFileSync(file, 'utf8'));
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests,
    failures: report.testResults
      .filter(({ status }) => status === 'failed')
      .flatMap(({ name, message, assertionResults }) => {
        const tests = assertionResults.filter(
          ({ status }) => status === 'failed',
        );
        return tests.length === 0
          ? [{ name, error: firstLines(message) }]
          : tests.map(({ fullName, failureMessages }) => ({
              name: `${name} › ${fullName}`,
              error: firstLines(failureMessages.join('\n')),
            }));
      }),
  };
}

/** The same of a Playwright report. */
export function playwrightResult(file, code) {
  const { stats, suites } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const failed = stats.unexpected + stats.flaky;
  return {
    passed: stats.expected,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: stats.skipped,
    failures: suites.flatMap(suite => failuresIn(suite, suite.title)),
  };
}

function failuresIn({ suites = [], specs = [] }, name) {
  return [
    ...suites.flatMap(suite => failuresIn(suite, `${name} › ${suite.title}`)),
    ...specs
      .filter(({ ok }) => !ok)
      .map(({ title, tests }) => ({
        name: `${name} › ${title}`,
        error: tests
          .flatMap(({ results }) => results)
          .flatMap(({ errors }) => errors)
          .map(({ message }) => firstLines(message))
          .join('\n'),
      })),
  ];
}

/** Counts of a JUnit report, as pytest writes it. */
export function junitResult(file, code) {
  const [, attributes] =
    /<testsuite ([^>]*)>/.exec(fs.readFileSync(file, 'utf8')) ?? [];
  const count = name =>
    Number(new RegExp(`${name}="(\\d+)"`).exec(attributes ?? '')?.[1] ?? 0);
  const failed = count('failures') + count('errors');
  return {
    passed: count('tests') - failed - count('skipped'),
    failed: failed || (code === 0 ? 0 : 1),
    skipped: count('skipped'),
  };
}
