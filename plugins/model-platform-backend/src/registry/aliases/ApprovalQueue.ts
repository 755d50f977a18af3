import {
  modelReadPermission,
  Page,
  WaitingApproval,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../../access/Authorizer';
import { Caller } from '../../access/Caller';
import { Claims } from '../../access/Claims';
import { decodeCursor, encodeCursor } from '../cursor';
import { AliasRule, AliasRules } from './AliasRules';
import { ApprovalStore, UndecidedVersion } from './ApprovalStore';
import { isApproved } from './isApproved';

const BATCH = 100;
/** Of candidates that one call looks at; what comes after is on the next page. */
const MOST_BATCHES = 10;

/** What waits for somebody's word. */
export class ApprovalQueue {
  constructor(
    private readonly options: {
      rules: AliasRules;
      approvals: ApprovalStore;
      authorizer: Authorizer;
      claims: Claims;
    },
  ) {}

  /**
   * Newest versions that the rule of an alias asks the caller to approve, the
   * longest waiting first. Nothing for who is no person.
   */
  async list(
    caller: Caller,
    page: { limit?: number; cursor?: string } = {},
  ): Promise<Page<WaitingApproval>> {
    const { rules, approvals, authorizer, claims } = this.options;
    if (caller.kind !== 'user') return { items: [] };
    const own = await claims.of(caller);
    const asking = rules
      .all()
      .filter(({ approval }) => approval?.by.some(one => own.includes(one)));
    if (asking.length === 0) return { items: [] };

    const limit = page.limit ?? 50;
    let after =
      page.cursor === undefined ? undefined : decodeCursor(page.cursor);
    const query = {
      visible: await authorizer.filter(caller, modelReadPermission),
      systems: asking.every(({ systems }) => systems)
        ? asking.flatMap(({ systems = [] }) => systems)
        : undefined,
      groups: own.filter(one =>
        asking.some(({ approval }) => approval?.by.includes(one)),
      ),
    };
    const items: WaitingApproval[] = [];
    for (let batch = 0; batch < MOST_BATCHES; batch += 1) {
      const found = await approvals.undecided({
        ...query,
        limit: BATCH,
        after,
      });
      for (const one of found) {
        after = { value: one.readyAt, id: one.model.id };
        const aliases = waitingAliases(one, asking, own, caller.entityRef);
        if (aliases.length > 0) items.push(toWaiting(one, aliases));
        if (items.length === limit)
          return { items, nextCursor: encodeCursor(after) };
      }
      if (found.length < BATCH) return { items };
    }
    return { items, nextCursor: after && encodeCursor(after) };
  }
}

function waitingAliases(
  { model, version, decisions }: UndecidedVersion,
  rules: AliasRule[],
  own: string[],
  person: string,
): WaitingApproval['aliases'] {
  return rules.flatMap(({ alias, systems, approval }) => {
    const isAsked =
      approval &&
      (!systems || systems.includes(model.system)) &&
      model.aliases[alias] !== version.number &&
      !(approval.notByPublisher && version.responsible === person) &&
      !isApproved(approval, version, decisions) &&
      approval.by.some(
        group =>
          own.includes(group) &&
          !decisions.some(({ groups }) => groups.includes(group)),
      );
    return isAsked ? [{ alias, inService: model.aliases[alias] }] : [];
  });
}

function toWaiting(
  { model, version, readyAt }: UndecidedVersion,
  aliases: WaitingApproval['aliases'],
): WaitingApproval {
  const { name, slug, system, owner, description } = model;
  return {
    model: { name, slug, system, owner, description },
    version: {
      number: version.number,
      publisher: version.publisher,
      evaluation: version.evaluation,
      readyAt,
    },
    aliases,
  };
}
