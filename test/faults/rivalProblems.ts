import {
  HistoryEntry,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { RegistryCheck } from './RegistryCheck';
import { RegistryClient } from './RegistryClient';
import { Rival, RIVAL_MODEL } from './Rival';

/** Whether the registry is whole, and all of it is there that rivals were told, in what order it may. */
export async function rivalProblems(
  client: RegistryClient,
  check: RegistryCheck,
  rivals: Rival[],
): Promise<string[]> {
  const problems = await check.problems();
  const told = new Map<string | undefined, HistoryEntry>(
    check.history.map(entry => [entry.reason, entry]),
  );
  for (const { changes, moves } of rivals) {
    problems.push(...changes.problems(check.history));
    for (const { reason, from } of moves) {
      const found = told.get(reason)?.details?.from;
      if (found !== from)
        problems.push(
          `'${reason}' expected ${from}, but took the place of ${found}`,
        );
    }
  }
  const versions = await client.all<ModelVersion>(
    `v1/models/${RIVAL_MODEL}/versions`,
  );
  const ascending = (numbers: number[]) =>
    [...numbers].sort((left, right) => left - right);
  const there = ascending(
    versions
      .filter(({ status }) => status !== 'draft')
      .map(({ number }) => number),
  );
  const published = ascending(rivals.flatMap(({ numbers }) => numbers));
  if (String(there) !== String(published))
    problems.push(`versions ${published} were published, ${there} are there`);
  // Who goes on where he was cut off takes no other number.
  if (there.some((number, index) => number !== index + 1))
    problems.push(`of versions ${there} some are missing`);
  return problems;
}
