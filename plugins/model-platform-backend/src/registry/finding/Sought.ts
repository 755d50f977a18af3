import { Knex } from 'knex';

/** Models that a value or a word finds, in the two ways in which a query asks for them. */
export interface Sought {
  /** All of them, as `model_id`. */
  all: Knex.QueryBuilder;
  /** Of them, the model of the row of `registry_models` at hand, as `model_id`. */
  one: Knex.QueryBuilder;
}

/** Adds to a query over `registry_models` that the model is one of those. */
export type AddWithin = (query: Knex.QueryBuilder, sought: Sought) => void;
