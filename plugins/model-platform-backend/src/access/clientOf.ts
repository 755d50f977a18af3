import { IncomingHttpHeaders } from 'node:http';

const KNOWN: Array<[RegExp, string]> = [
  [/^model-platform-cli\b/i, 'cli'],
  [/^mlflow-python-client\b/i, 'mlflow'],
  // Every browser says so, and nothing else does.
  [/^Mozilla\//i, 'portal'],
];

/** From where somebody calls, as the client calls itself: no proof of anything. */
export function clientOf(headers: IncomingHttpHeaders): string | undefined {
  const agent = headers['user-agent'] ?? '';
  const known = KNOWN.find(([pattern]) => pattern.test(agent));
  return (
    known?.[1] ?? /^[\w.+-]{1,40}/.exec(agent)?.[0].toLocaleLowerCase('en')
  );
}
