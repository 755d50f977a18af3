/**
 * Name of a system from any way of writing it: `customer-care`,
 * `system:default/customer-care`, `default/customer-care`. Systems outside the
 * default namespace keep it: `other/customer-care`. @public
 */
export function toSystemName(ref: string): string {
  return ref
    .trim()
    .toLocaleLowerCase('en-US')
    .replace(/^system:/, '')
    .replace(/^default\//, '');
}

/** Entity ref of a system, from its name. @public */
export function toSystemRef(name: string): string {
  const short = toSystemName(name);
  return `system:${short.includes('/') ? short : `default/${short}`}`;
}

/** Full, lower-case entity ref; `crm` with kind `group` is `group:default/crm`. @public */
export function toEntityRef(ref: string, defaultKind: string): string {
  const text = ref.trim().toLocaleLowerCase('en-US');
  const [kind, rest] = text.includes(':')
    ? [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)]
    : [defaultKind, text];
  return `${kind}:${rest.includes('/') ? rest : `default/${rest}`}`;
}
