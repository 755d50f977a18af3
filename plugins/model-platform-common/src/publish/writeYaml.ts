import { stringify } from 'yaml';

/** A document as a person would write it. @public */
export function writeYaml(content: object): string {
  return stringify(content, { lineWidth: 0 });
}
