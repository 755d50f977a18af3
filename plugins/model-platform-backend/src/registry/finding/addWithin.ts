import { AddWithin } from './Sought';

/** Left to the database. */
export const addWithin: AddWithin = (select, { all }) =>
  select.whereIn('registry_models.id', all);

/**
 * For few: they are found first, and the models looked up. PostgreSQL guesses
 * how many a word or a value finds, and may go through all models for none; of
 * an array it expects few.
 */
export const lookUpInPostgres: AddWithin = (select, { all }) =>
  select.whereRaw('registry_models.id in (select unnest(array(?)))', [all]);

/**
 * For very many of which all are wanted: the models are gone through. SQLite
 * would look them up one by one, from which the sign keeps it.
 */
export const goThroughInSqlite: AddWithin = (select, { all }) =>
  select.whereRaw('+registry_models.id in (?)', [all]);

/**
 * For very many of which a page takes a few: the models are looked at one by
 * one until it is full. Asked with `exists`, both databases would make a join
 * of it, and may find all first.
 */
export const lookAtEach: AddWithin = (select, { one }) =>
  select.whereRaw('(?) is not null', [one.limit(1)]);
