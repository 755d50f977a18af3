/** Rows of one statement: databases bound the number of values in it. */
export const INSERT_CHUNK = 100;
