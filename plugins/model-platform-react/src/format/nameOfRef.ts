/** What of an entity ref people read: `crm` of `group:default/crm`, `ci` of `token:ci`. @public */
export function nameOfRef(ref: string): string {
  return ref.replace(/^[^:]+:/, '').replace(/^default\//, '');
}
