/**
 * Names what uses a model's version, or any version of it, in words for who
 * wants to delete it: `the deployment iris serves version 3`.
 */
export type VersionUser = (
  modelId: string,
  number?: number,
) => Promise<string[]>;

/** Those who use versions; what they use is not deleted. */
export class VersionUsers {
  private readonly users: VersionUser[] = [];

  add(user: VersionUser): void {
    this.users.push(user);
  }

  async of(modelId: string, number?: number): Promise<string[]> {
    const uses = await Promise.all(
      this.users.map(user => user(modelId, number)),
    );
    return uses.flat();
  }
}
