const TOKEN = /^token:(.*) \([^()]*, made by ([^()]*)\)$/;

/**
 * What of an entity ref people read: `crm` of `group:default/crm`, and
 * `token ci of mira` of `token:ci (0f3c…, made by user:default/mira)`. @public
 */
export function nameOfRef(ref: string): string {
  const token = TOKEN.exec(ref);
  return token
    ? `token ${token[1]} of ${nameOfRef(token[2])}`
    : ref.replace(/^[^:]+:/, '').replace(/^default\//, '');
}
