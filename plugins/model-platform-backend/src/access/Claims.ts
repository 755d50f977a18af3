import { UserInfoService } from '@backstage/backend-plugin-api';
import { Caller } from './Caller';

/**
 * Whom a caller speaks for, in rules that name people, groups and tokens. A
 * person: itself and its groups. A token: `token:<name>`, but only one of the
 * configuration, since anybody who may make a token gives it what name he likes.
 */
export class Claims {
  private readonly known = new WeakMap<Caller, Promise<string[]>>();

  constructor(private readonly options: { userInfo: UserInfoService }) {}

  /** Lower case; asked once for each request. */
  async of(caller: Caller): Promise<string[]> {
    let claims = this.known.get(caller);
    if (!claims) {
      claims = this.ask(caller);
      this.known.set(caller, claims);
    }
    return await claims;
  }

  private async ask(caller: Caller): Promise<string[]> {
    switch (caller.kind) {
      case 'user': {
        const { ownershipEntityRefs } = await this.options.userInfo.getUserInfo(
          caller.credentials,
        );
        return [caller.entityRef, ...ownershipEntityRefs].map(ref =>
          ref.toLocaleLowerCase('en-US'),
        );
      }
      case 'token':
        return caller.configured ? [`token:${caller.name}`] : [];
      default:
        return [];
    }
  }
}
