import { Stickiness } from '../types';

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * What `strategy.stickyBy` of a deployment means: `header:NAME`, `cookie:NAME`
 * or `json:MEMBER.MEMBER`. Undefined where it is none of them. @public
 */
export function parseStickyBy(text: string): Stickiness | undefined {
  const [, by, name] = /^(header|cookie|json):(.+)$/.exec(text) ?? [];
  switch (by) {
    case 'header':
    case 'cookie':
      return TOKEN.test(name) ? { by, name } : undefined;
    case 'json':
      return name.split('.').every(member => member !== '')
        ? { by, name }
        : undefined;
    default:
      return undefined;
  }
}
