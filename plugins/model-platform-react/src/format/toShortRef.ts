/** What people call an entity: `group:default/crm` is `crm`, `token:ci` stays. @public */
export function toShortRef(ref: string): string {
  return ref.replace(/^(user|group|system|component|domain):(default\/)?/, '');
}
