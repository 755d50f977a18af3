const KEY_ITEM = 'model-platform.sign-in.key';
const PERSON_ITEM = 'model-platform.sign-in.person';

/**
 * What the sign-in keeps in the browser: the key for this origin, so that it
 * is opened once, and the person for this tab, so that two tabs can be two people.
 */
export class SignInMemory {
  get key(): string | undefined {
    return localStorage.getItem(KEY_ITEM) ?? undefined;
  }

  set key(key: string | undefined) {
    if (key === undefined) localStorage.removeItem(KEY_ITEM);
    else localStorage.setItem(KEY_ITEM, key);
  }

  get person(): string | undefined {
    return sessionStorage.getItem(PERSON_ITEM) ?? undefined;
  }

  set person(entityRef: string | undefined) {
    if (entityRef === undefined) sessionStorage.removeItem(PERSON_ITEM);
    else sessionStorage.setItem(PERSON_ITEM, entityRef);
  }
}
