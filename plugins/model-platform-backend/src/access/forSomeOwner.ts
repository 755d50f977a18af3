import { PermissionCriteria } from '@backstage/plugin-permission-common';
import {
  isAndCriteria,
  isNotCriteria,
  isOrCriteria,
} from '@backstage/plugin-permission-node';
import { ModelCriterion, ModelFilter } from './ModelFilter';

type Criteria = PermissionCriteria<ModelCriterion>;

/**
 * A filter for what no owner has: it holds where the given one would hold were
 * it somebody's. Owners that no criterion tells apart count as one.
 */
export function forSomeOwner(filter: ModelFilter): ModelFilter {
  if (typeof filter === 'boolean') return filter;
  const different = new Map(
    ['', ...ownersIn(filter)].map(owner => {
      const criteria = withOwner(filter, owner);
      return [JSON.stringify(criteria), criteria];
    }),
  );
  const [first, ...rest] = different.values();
  return { anyOf: [first, ...rest] };
}

function ownersIn(criteria: Criteria): Set<string> {
  if (isAndCriteria(criteria)) return ownersOf(criteria.allOf);
  if (isOrCriteria(criteria)) return ownersOf(criteria.anyOf);
  if (isNotCriteria(criteria)) return ownersIn(criteria.not);
  return new Set(criteria.key === 'owner' ? criteria.values : []);
}

function ownersOf(all: Criteria[]): Set<string> {
  return new Set(all.flatMap(one => [...ownersIn(one)]));
}

/** With each criterion of owners decided: one without values never holds. */
function withOwner(criteria: Criteria, owner: string): Criteria {
  if (isAndCriteria(criteria)) {
    const [first, ...rest] = criteria.allOf.map(one => withOwner(one, owner));
    return { allOf: [first, ...rest] };
  }
  if (isOrCriteria(criteria)) {
    const [first, ...rest] = criteria.anyOf.map(one => withOwner(one, owner));
    return { anyOf: [first, ...rest] };
  }
  if (isNotCriteria(criteria)) {
    return { not: withOwner(criteria.not, owner) };
  }
  if (criteria.key !== 'owner') return criteria;
  const never: Criteria = { key: 'owner', values: [] };
  return criteria.values.includes(owner) ? { not: never } : never;
}
