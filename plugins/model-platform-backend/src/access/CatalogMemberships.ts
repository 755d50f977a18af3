import { AuthService } from '@backstage/backend-plugin-api';
import { RELATION_MEMBER_OF } from '@backstage/catalog-model';
import { ServiceUnavailableError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import { Memberships } from './Memberships';

const KEEP_MS = 30_000;
const LARGEST_CACHE = 1_000;

/** People and their groups as the catalog says; an answer is kept for half a minute. */
export class CatalogMemberships implements Memberships {
  private readonly known = new Map<
    string,
    { at: number; claims: Promise<string[]> }
  >();

  constructor(
    private readonly options: {
      catalog: Pick<CatalogService, 'getEntityByRef'>;
      auth: AuthService;
      clock?: () => Date;
    },
  ) {}

  async claimsOf(userRef: string): Promise<string[]> {
    const now = (this.options.clock?.() ?? new Date()).getTime();
    const known = this.known.get(userRef);
    if (known && now - known.at < KEEP_MS) {
      return await known.claims;
    }
    if (this.known.size >= LARGEST_CACHE) this.known.clear();
    const claims = this.read(userRef).catch(error => {
      this.known.delete(userRef);
      throw error;
    });
    this.known.set(userRef, { at: now, claims });
    return await claims;
  }

  private async read(userRef: string): Promise<string[]> {
    const { catalog, auth } = this.options;
    try {
      const user = await catalog.getEntityByRef(userRef, {
        credentials: await auth.getOwnServiceCredentials(),
      });
      if (!user) return [];
      const groups = (user.relations ?? [])
        .filter(({ type }) => type === RELATION_MEMBER_OF)
        .map(({ targetRef }) => targetRef);
      return [userRef, ...groups].map(ref => ref.toLocaleLowerCase('en-US'));
    } catch (error) {
      throw new ServiceUnavailableError(
        `The catalog does not answer, so the groups of ${userRef} cannot be looked up; try again`,
        error,
      );
    }
  }
}
