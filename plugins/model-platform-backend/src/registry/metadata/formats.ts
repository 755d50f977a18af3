import parseSpdx from 'spdx-expression-parse';

/** What an entity ref looks like: kind, maybe namespace, name. */
const ENTITY_REF =
  /^[a-zA-Z][a-zA-Z0-9-]*:(?:[a-zA-Z0-9._-]+\/)?[a-zA-Z0-9._-]+$/;

/** Addresses that data lies at: `https://…`, `s3://…`, `postgresql://…`. */
const URL_LIKE = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/\S+$/;

export function isEntityRef(value: string): boolean {
  return ENTITY_REF.test(value);
}

export function isUrl(value: string): boolean {
  return URL_LIKE.test(value) && URL.canParse(value);
}

/** An expression of SPDX: `MIT`, `Apache-2.0 OR MIT`, `LicenseRef-own`. */
export function isSpdx(value: string): boolean {
  try {
    parseSpdx(value);
    return true;
  } catch {
    return false;
  }
}

/** What a value of a format looks like, in words, with an example. */
export const formatWords: Record<string, { words: string; example: string }> = {
  'entity-ref': {
    words:
      'must be the ref of an entity that is in the catalog (kind:namespace/name)',
    example: 'group:default/crm',
  },
  'data-source': {
    words:
      'must be a URL, or the ref of an entity that is in the catalog (kind:namespace/name)',
    example: 'https://data.example.com/contracts',
  },
  spdx: {
    words: 'must be a licence as SPDX writes it (https://spdx.org/licenses)',
    example: 'Apache-2.0',
  },
  date: { words: 'must be a date (YYYY-MM-DD)', example: '2024-12-31' },
  time: { words: 'must be a time of day with its zone', example: '12:30:00Z' },
  'date-time': {
    words: 'must be a date and time with its zone (ISO 8601)',
    example: '2024-12-31T12:30:00Z',
  },
  duration: { words: 'must be a duration (ISO 8601)', example: 'P90D' },
  email: { words: 'must be an e-mail address', example: 'crm@example.com' },
  uri: {
    words: 'must be an absolute URI',
    example: 'https://example.com/churn',
  },
  'uri-reference': { words: 'must be a URI or a path', example: '/churn' },
  uuid: {
    words: 'must be a UUID',
    example: '3f2b8c1e-4a58-4f0c-9b8e-2d5a7c1e9f10',
  },
  hostname: { words: 'must be the name of a host', example: 'example.com' },
  ipv4: { words: 'must be an IPv4 address', example: '192.0.2.1' },
  ipv6: { words: 'must be an IPv6 address', example: '2001:db8::1' },
  regex: { words: 'must be a regular expression', example: '^[a-z]+$' },
};
