import { Knex } from 'knex';
import { Comparison } from './parseFilter';

/** Marks prompts, which searches show only where they are asked for. */
export const IS_PROMPT = 'mlflow.prompt.is_prompt';

/** Adds a filter of attributes to a query; `columns` are theirs. Comparisons of tags are left out. */
export function applyComparisons(
  query: Knex.QueryBuilder,
  comparisons: Comparison[],
  columns: Record<string, string>,
): void {
  for (const comparison of comparisons) {
    if (comparison.of === 'tag') continue;
    const column = columns[comparison.key];
    if (comparison.of === 'number') {
      query.where(column, comparison.operator, comparison.value);
    } else if (comparison.of === 'list') {
      if (comparison.operator === 'IN') query.whereIn(column, comparison.value);
      else query.whereNotIn(column, comparison.value);
    } else {
      applyText(query, column, comparison.operator, comparison.value);
    }
  }
}

/** The same of tags; `tagsOf` selects those of the row in hand. Without being asked for, no prompts are found. */
export function applyTagComparisons(
  query: Knex.QueryBuilder,
  comparisons: Comparison[],
  tagsOf: () => Knex.QueryBuilder,
): void {
  let prompts = false;
  for (const comparison of comparisons) {
    if (comparison.of === 'tag' && comparison.key === IS_PROMPT) {
      prompts = asksForPrompts(comparison);
    } else if (comparison.of === 'tag') {
      const tag = tagsOf().where('mlflow_tags.key', comparison.key);
      applyText(
        tag,
        'mlflow_tags.value',
        comparison.operator,
        comparison.value,
      );
      query.whereExists(tag);
    }
  }
  const prompt = tagsOf()
    .where('mlflow_tags.key', IS_PROMPT)
    .andWhere('mlflow_tags.value', 'true');
  if (prompts) query.whereExists(prompt);
  else query.whereNotExists(prompt);
}

function asksForPrompts(comparison: Comparison): boolean {
  const value = String(comparison.value).toLocaleLowerCase('en-US');
  return comparison.operator === '=' ? value === 'true' : value === 'false';
}

/** Compares a text as MLflow does, whatever the database makes of LIKE. */
export function applyText(
  query: Knex.QueryBuilder,
  column: string | Knex.Raw,
  operator: string,
  value: string,
): void {
  const sqlite = isSqlite(query);
  if (operator === 'LIKE') {
    // LIKE of SQLite does not tell upper from lower case; GLOB does.
    if (sqlite) query.whereRaw('?? glob ?', [column, toGlob(value)]);
    else query.whereRaw(`?? like ? escape ''`, [column, value]);
  } else if (operator === 'ILIKE') {
    if (sqlite) query.whereRaw('?? like ?', [column, value]);
    else query.whereRaw(`?? ilike ? escape ''`, [column, value]);
  } else {
    query.whereRaw(`?? ${operator} ?`, [column, value]);
  }
}

export function isSqlite({ client }: Pick<Knex, 'client'>): boolean {
  return /sqlite/.test(String(client.config.client));
}

function toGlob(pattern: string): string {
  return pattern
    .replace(/[*?[]/g, '[$&]')
    .replace(/%/g, '*')
    .replace(/_/g, '?');
}
