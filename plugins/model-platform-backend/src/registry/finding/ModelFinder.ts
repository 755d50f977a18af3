import { InputError } from '@backstage/errors';
import {
  FacetValue,
  Model,
} from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { applyModelFilter } from '../applyModelFilter';
import { Cursor } from '../cursor';
import { ModelRow, toModel } from '../modelRows';
import { ModelMatch, ModelQuery } from '../ModelStore';
import {
  addWithin,
  goThroughInSqlite,
  lookAtEach,
  lookUpInPostgres,
} from './addWithin';
import { applyFilterExpression, applyValues } from './applyFilterExpression';
import { CountCache } from './CountCache';
import { createSearchIndex, isPostgres } from './createSearchIndex';
import { FilterExpression } from './FilterExpression';
import { ColumnKey, columnOf, isColumnKey } from './filterKeys';
import { SEARCH_RANKS, SearchIndex, SearchRank } from './SearchIndex';
import { AddWithin, Sought } from './Sought';
import { TITLE_ORDER, TitleWords } from './TitleWords';

const MAX_FACET_VALUES = 100;
/** So many rows are counted in a millisecond or two; more are not counted for each page. */
const COUNTED_AT_ONCE = 1_000;
/** So many are worth to be looked up one by one. */
const BROAD = 1_000;
const sortColumns = {
  name: 'name',
  updatedAt: 'updated_at',
  createdAt: 'created_at',
} as const;

/** Lists, totals and counts of models, out of SQLite or PostgreSQL. */
export class ModelFinder {
  private readonly index: SearchIndex;
  private readonly titles: TitleWords;
  private readonly totals = new CountCache<number>();
  private readonly counts = new CountCache<Record<string, FacetValue[]>>();
  private readonly sizes = new CountCache<number>();
  private readonly broad: number;

  constructor(
    private readonly knex: Knex,
    options: {
      /** What is more than this is very many found. */
      broad?: number;
    } = {},
  ) {
    this.index = createSearchIndex(knex);
    this.titles = new TitleWords(knex);
    this.broad = options.broad ?? BROAD;
  }

  async list(
    query: ModelQuery,
  ): Promise<{ items: Model[]; totalItems: number; next?: Cursor }> {
    const more = { ...query, limit: query.limit + 1 };
    const found =
      query.sort.by === 'relevance' && query.words.length > 0
        ? await this.byRelevance(more)
        : await this.inOrder(more);
    const page = found.slice(0, query.limit);
    const last = page[page.length - 1];
    return {
      items: page.map(({ row }) => toModel(row)),
      totalItems: await this.count(query),
      next:
        last && found.length > page.length
          ? { value: last.position, id: last.row.id }
          : undefined,
    };
  }

  async facets(
    query: ModelMatch,
    keys: string[],
  ): Promise<Record<string, FacetValue[]>> {
    const total = await this.count(query);
    return await this.counts.get(
      `${keys.join(',')} ${keyOf(query)}`,
      async () => {
        const columns = await this.columnFacets(
          query,
          keys.filter(isColumnKey),
        );
        const facets: Record<string, FacetValue[]> = {};
        for (const key of keys)
          facets[key] = columns.get(key) ?? (await this.facet(query, key));
        return facets;
      },
      () => total > COUNTED_AT_ONCE,
    );
  }

  /** Items, totals and facets are all made of this one. */
  matching(query: ModelMatch, how: How = {}) {
    const { visible, words, where, filter } = query;
    const { rank = 'anywhere', beyond, add = addWithin } = how;
    const tools = { knex: this.knex, addWithin: add };
    const models =
      rank === 'whole'
        ? this.titles.models(words)
        : this.knex('registry_models');
    // Indexed are those that have, or had, a ready version; the database's indexes say it in these words.
    const select = models.whereNotNull('registry_models.indexed_changes');
    applyModelFilter(select, visible);
    for (const [key, values] of where)
      select.andWhere(part => applyValues(part, key, values, tools));
    if (filter)
      select.andWhere(part => applyFilterExpression(part, filter, tools));
    if (words.length > 0 && rank !== 'whole')
      add(select, this.seek(words, rank));
    if (beyond) select.whereNot(part => add(part, this.seek(words, beyond)));
    return select;
  }

  private seek(words: string[], rank: SearchRank): Sought {
    return rank === 'whole'
      ? this.titles.seek(words)
      : this.index.seek(words, rank);
  }

  /**
   * How the query had better go about it, which the databases' own guesses miss
   * by orders of magnitude: what finds few is found first and the models are
   * looked up; very many are gone through, or looked at one by one.
   */
  private async plan(
    query: ModelMatch,
    purpose: 'all' | 'page',
    how: Omit<How, 'add'> = {},
  ): Promise<How> {
    const inPostgres = isPostgres(this.knex);
    const few = new Set<string>();
    for (const sought of this.soughtBy(query, how)) {
      if ((await this.sizeOf(sought)) <= this.broad)
        few.add(sought.all.toString());
    }
    const isFew = ({ all }: Sought) => few.has(all.toString());
    const lookUp = inPostgres ? lookUpInPostgres : addWithin;
    const goThrough = inPostgres ? addWithin : goThroughInSqlite;
    const eachIsLookedAt =
      purpose === 'page' ||
      (few.size > 0 && this.soughtBy(requiredOf(query), how).some(isFew));
    const forMany = eachIsLookedAt ? lookAtEach : goThrough;
    return {
      ...how,
      add: (select, sought) =>
        (isFew(sought) ? lookUp : forMany)(select, sought),
    };
  }

  /** All that a query asks for among values and words. */
  private soughtBy(query: ModelMatch, how: How): Sought[] {
    const found: Sought[] = [];
    const add: AddWithin = (_, sought) => found.push(sought);
    // Conditions in brackets are asked for when the query is written.
    this.matching(query, { ...how, add }).toSQL();
    return found;
  }

  /** How many it finds; one more than `broad` where it is more. */
  private async sizeOf({ all }: Sought): Promise<number> {
    return await this.sizes.get(
      all.toString(),
      async () => {
        const some = all.clone().limit(this.broad + 1);
        const counted = await this.knex
          .from(some.as('some'))
          .count({ count: '*' })
          .first();
        return Number(counted?.count ?? 0);
      },
      size => size > this.broad,
    );
  }

  private async count(query: ModelMatch): Promise<number> {
    return await this.totals.get(
      keyOf(query),
      async () => {
        const plan = await this.plan(query, 'all');
        const counted = await this.matching(query, plan)
          .count({ count: '*' })
          .first();
        return Number(counted?.count ?? 0);
      },
      total => total > COUNTED_AT_ONCE,
    );
  }

  /** All columns in one pass: how often each combination of values is there, then added up. */
  private async columnFacets(
    query: ModelMatch,
    keys: ColumnKey[],
  ): Promise<Map<string, FacetValue[]>> {
    if (keys.length === 0) return new Map();
    const columns = new Map(
      keys.map(key => [key, `registry_models.${columnOf(key)}`]),
    );
    const plan = await this.plan(query, 'all');
    const rows: Array<
      Record<ColumnKey, string | null> & { count: number | string }
    > = await this.matching(query, plan)
      .select(Object.fromEntries(columns))
      .count({ count: '*' })
      .groupBy([...columns.values()]);
    return new Map(
      keys.map(key => {
        const counts = new Map<string, number>();
        for (const { [key]: value, count } of rows) {
          if (value !== null)
            counts.set(value, (counts.get(value) ?? 0) + Number(count));
        }
        const facet = [...counts]
          .map(([value, count]) => ({ value, count }))
          .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
        return [key, facet.slice(0, MAX_FACET_VALUES)];
      }),
    );
  }

  private async facet(query: ModelMatch, key: string): Promise<FacetValue[]> {
    const select = this.matching(query, await this.plan(query, 'all'));
    let value: string | Knex.Raw = 'registry_facets.value';
    if (key === 'archived') {
      value = this.knex.raw(
        `case when registry_models.archived_at is null then 'false' else 'true' end`,
      );
    } else {
      select
        .join(
          'registry_facets',
          'registry_facets.model_id',
          'registry_models.id',
        )
        .where('registry_facets.key', key);
    }
    const rows: Array<{ value: string; count: number | string }> = await select
      .select({ value })
      .count({ count: '*' })
      .groupBy(typeof value === 'string' ? value : this.knex.raw('1'))
      .orderBy([{ column: 'count', order: 'desc' }, { column: 'value' }])
      .limit(MAX_FACET_VALUES);
    return rows.map(row => ({ value: row.value, count: Number(row.count) }));
  }

  private async inOrder(query: ModelQuery): Promise<Found[]> {
    const column =
      sortColumns[query.sort.by === 'relevance' ? 'name' : query.sort.by];
    const plan = await this.plan(query, 'page');
    const rows = await this.page(this.matching(query, plan), {
      ...query,
      column,
      descending: query.sort.descending,
    });
    return rows.map(row => ({ row, position: row[column] }));
  }

  /**
   * Rank by rank, by name within each. Ranks are numbers that only the model
   * itself decides, so a page begins where the one before ended, whatever else
   * was published between.
   */
  private async byRelevance(query: ModelQuery): Promise<Found[]> {
    const { words, limit, after } = query;
    const [, from, name] = after
      ? /^([0-2]):(.*)$/s.exec(after.value) ?? []
      : ['', '0'];
    if (from === undefined)
      throw new InputError('This cursor is not of a list by relevance');
    const found: Found[] = [];
    let beyond: SearchRank | undefined;
    for (const [index, rank] of SEARCH_RANKS.entries()) {
      // Few words of a text are in a title: then there is nothing to look for, and nothing to leave out later.
      const size = await this.sizeOf(this.seek(words, rank));
      if (size === 0) continue;
      const how = { rank, beyond };
      beyond = rank;
      if (index < Number(from)) continue;
      const plan = await this.plan(query, 'page', how);
      const rows = await this.page(this.matching(query, plan), {
        column: 'name',
        descending: false,
        limit: limit - found.length,
        within: rank === 'whole' ? TITLE_ORDER : undefined,
        after:
          after && name !== undefined && index === Number(from)
            ? { value: name, id: after.id }
            : undefined,
      });
      for (const row of rows)
        found.push({ row, position: `${index}:${row.name}` });
      if (found.length === limit) break;
    }
    return found;
  }

  private async page(
    select: Knex.QueryBuilder,
    page: {
      column: (typeof sortColumns)[keyof typeof sortColumns];
      descending: boolean;
      limit: number;
      after?: Cursor;
      /** Columns of another index in the order of the names. */
      within?: { name: string; id: string };
    },
  ): Promise<ModelRow[]> {
    const { column, descending, limit, after, within } = page;
    const direction = descending ? 'desc' : 'asc';
    const orderBy = (value: string, id: string) => [
      { column: value, order: direction },
      { column: id, order: direction },
    ];
    const value = within?.name ?? `registry_models.${column}`;
    const id = within?.id ?? 'registry_models.id';
    if (after) {
      const beyond = descending ? '<' : '>';
      select
        .where(value, `${beyond}=`, after.value)
        .andWhere(part =>
          part.where(value, beyond, after.value).orWhere(id, beyond, after.id),
        );
    }
    // Which they are is found within an index; only then are the models read.
    const ids = select
      .select({ page_id: 'registry_models.id' })
      .orderBy(orderBy(value, id))
      .limit(limit)
      .as('page');
    return await this.knex('registry_models')
      .join(ids, 'registry_models.id', 'page.page_id')
      .select('registry_models.*')
      .orderBy(orderBy(`registry_models.${column}`, 'registry_models.id'));
  }
}

interface Found {
  row: ModelRow;
  /** In the order of the list. */
  position: string;
}

/** In which way models are asked for. */
interface How {
  /** Where the words must be. */
  rank?: SearchRank;
  /** Where they must not be: those were found before. */
  beyond?: SearchRank;
  add?: AddWithin;
}

/** What must be met whatever else is: neither negated nor one of several. */
function requiredOf(query: ModelMatch): ModelMatch {
  const parts = (filter: FilterExpression): FilterExpression[] => {
    if (filter.type === 'and') return filter.parts.flatMap(parts);
    return filter.type === 'or' || filter.type === 'not' ? [] : [filter];
  };
  return {
    ...query,
    filter: query.filter && { type: 'and', parts: parts(query.filter) },
  };
}

function keyOf({ visible, words, where, filter }: ModelMatch): string {
  return JSON.stringify([visible, words, [...where], filter]);
}
