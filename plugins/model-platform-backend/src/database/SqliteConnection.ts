/** What is used of the driver's connections to SQLite. */
export interface SqliteConnection {
  /** Path of the file. */
  readonly name: string;
  prepare(sql: string): SqliteStatement;
}

export interface SqliteStatement {
  /** Whether its rows are still being read one by one. */
  readonly busy: boolean;
  all(): Array<Record<string, unknown>>;
}
