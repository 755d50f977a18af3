import { IdentityApi } from '@backstage/frontend-plugin-api';

/** A person's identity; signing out of it also forgets who was chosen. */
export class SamplePersonIdentity implements IdentityApi {
  constructor(
    private readonly identity: IdentityApi,
    private readonly forget: () => void,
  ) {}

  getProfileInfo() {
    return this.identity.getProfileInfo();
  }

  getBackstageIdentity() {
    return this.identity.getBackstageIdentity();
  }

  getCredentials() {
    return this.identity.getCredentials();
  }

  async signOut() {
    this.forget();
    await this.identity.signOut();
  }
}
