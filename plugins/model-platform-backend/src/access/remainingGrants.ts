import {
  Grant,
  toEntityRef,
} from '@model-platform/plugin-model-platform-common';

/**
 * What is left of a token's grants once its maker has left groups: what is for
 * models of a group that the maker was and still is in. Any other grant may
 * have rested on a group that was left, which nobody can tell.
 *
 * @param before - whom the maker spoke for when the token was made, itself included
 * @param now - whom it speaks for now; nobody where it is gone
 */
export function remainingGrants(
  grants: Grant[],
  before: string[],
  now: string[],
): Grant[] {
  if (before.every(group => now.includes(group))) {
    return grants;
  }
  const kept = before.filter(group => now.includes(group));
  return grants.flatMap(grant => {
    const owners = grant.owners?.filter(owner =>
      kept.includes(toEntityRef(owner, 'group')),
    );
    return owners && owners.length > 0 ? [{ ...grant, owners }] : [];
  });
}
