import { createHash } from 'node:crypto';

/** Pods have their own ending behind it, and a Service's name is a DNS label. */
const MAX_LENGTH = 52;

/**
 * Name of all objects of a variant of a revision. Endpoints and variants have
 * no `--` in their names, and revisions are numbers: no two have the same one.
 */
export function objectName(
  endpoint: string,
  revision: number,
  variant: string,
): string {
  return dnsLabel(`m-${endpoint}--r${revision}-${variant}`, MAX_LENGTH);
}

/** Name of a system's namespace in an environment. */
export function namespaceName(
  prefix: string,
  system: string,
  environment: string,
): string {
  return dnsLabel(`${prefix}-${system}--${environment}`, 63);
}

/** As the value of a label: names of the catalog are ones, entity refs are not. */
export function labelValue(text: string): string {
  return /^[a-z0-9A-Z]([\w.-]{0,61}[a-z0-9A-Z])?$/.test(text)
    ? text
    : dnsLabel(text, 63);
}

/** What it is where that can be one, else what can be one and is no other's. */
function dnsLabel(text: string, maxLength: number): string {
  const plain = text.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  if (plain === text && text.length <= maxLength) return text;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 10);
  return `${plain.slice(0, maxLength - 11).replace(/-+$/, '')}-${digest}`;
}
