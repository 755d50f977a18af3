import {
  HistoryEntry,
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';

/**
 * Goes through the history of a model from its first entry: each one must be
 * possible after those before it, and what they lead to must be what is there.
 *
 * @returns what is wrong
 */
export function replayHistory(
  model: Model,
  versions: ModelVersion[],
  newestFirst: HistoryEntry[],
): string[] {
  const problems: string[] = [];
  const status = new Map<number, string>();
  const aliases = new Map<string, number>();
  let archived = false;
  for (const { id, action, details = {} } of [...newestFirst].reverse()) {
    const version = Number(details.version);
    const alias = String(details.alias);
    const note = (problem: string) =>
      problems.push(`entry ${id} (${action}) of ${model.slug}: ${problem}`);
    const become = (before: string | undefined, after: string) => {
      if (status.get(version) !== before)
        note(`version ${version} was ${status.get(version) ?? 'not there'}`);
      status.set(version, after);
    };
    switch (action) {
      case 'published':
        become(undefined, 'ready');
        break;
      case 'version-archived':
        become('ready', 'archived');
        if ([...aliases.values()].includes(version))
          note(`an alias points to version ${version}`);
        break;
      case 'version-restored':
        become('archived', 'ready');
        break;
      case 'alias-moved':
      case 'alias-removed':
        if (details.from !== aliases.get(alias))
          note(
            `${alias} pointed to ${aliases.get(alias)}, not to ${details.from}`,
          );
        if (action === 'alias-removed') {
          aliases.delete(alias);
        } else {
          if (status.get(version) !== 'ready')
            note(`version ${version} was not ready`);
          if (aliases.get(alias) === version) note('it changes nothing');
          aliases.set(alias, version);
        }
        break;
      case 'archived':
      case 'restored':
        if (archived === (action === 'archived')) note('it changes nothing');
        archived = action === 'archived';
        break;
      default:
    }
  }
  const compare = (what: string, told: unknown, found: unknown) => {
    if (JSON.stringify(told) !== JSON.stringify(found))
      problems.push(
        `${what} of ${model.slug} are ${JSON.stringify(
          found,
        )}, but by its history ${JSON.stringify(told)}`,
      );
  };
  const sorted = <K, V>(entries: Iterable<[K, V]>) =>
    [...entries].sort(([left], [right]) => (left < right ? -1 : 1));
  compare('aliases', sorted(aliases), sorted(Object.entries(model.aliases)));
  compare(
    'versions',
    sorted(status),
    sorted(
      versions
        .filter(one => one.status !== 'draft')
        .map(one => [one.number, one.status] as [number, string]),
    ),
  );
  if (archived !== (model.archivedAt !== undefined))
    problems.push(`${model.slug} is not archived or restored as it is told`);
  return problems;
}
