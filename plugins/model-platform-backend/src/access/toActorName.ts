/** What the columns hold that say who did something. */
const MAX_LENGTH = 255;

/** As it is kept: cut where it is longer than there is room for. */
export function toActorName(name: string): string {
  return name.slice(0, MAX_LENGTH);
}
