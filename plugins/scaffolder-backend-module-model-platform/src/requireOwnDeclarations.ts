import { InputError, isError, NotAllowedError } from '@backstage/errors';
import { toEntityRef } from '@model-platform/plugin-model-platform-common';
import fs from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

/** What the catalog reads of a repository. */
const FILES = ['catalog-info.yaml', 'model-deployment.yaml'];

/**
 * A repository speaks for its owners: what it declares is deployed with no
 * further question. So nobody begins one that declares something of a group
 * that is not theirs.
 *
 * @param content - folder with the files of the repository
 * @param claims - entity refs of a person and the person's groups
 * @returns names of the files that there are
 * @throws NotAllowedError for what is of another group; InputError where it is
 *   not said whose it is, or a file cannot be read
 */
export async function requireOwnDeclarations(
  content: string,
  claims: string[],
): Promise<string[]> {
  const found: string[] = [];
  const own = claims.map(claim => claim.toLocaleLowerCase('en-US'));
  for (const file of FILES) {
    const text = await readOptional(path.join(content, file));
    if (text === undefined) continue;
    found.push(file);
    for (const document of parseAllDocuments(text)) {
      if (document.errors.length > 0) {
        throw new InputError(
          `${file} is no YAML: ${document.errors[0].message}`,
        );
      }
      // Read as the catalog reads it, so that both see one owner.
      const entity: unknown = document.toJS({ maxAliasCount: 100 });
      if (entity === null || entity === undefined) continue;
      const owner = ownerOf(entity);
      if (owner === undefined) {
        throw new InputError(`${file} declares something without spec.owner`);
      }
      if (!own.includes(toEntityRef(owner, 'group'))) {
        throw new NotAllowedError(
          `${file} declares something of ${owner}, which you do not belong to. Choose a group of yours; nothing was made`,
        );
      }
    }
  }
  return found;
}

function ownerOf(entity: unknown): string | undefined {
  const parsed = z
    .object({ spec: z.object({ owner: z.string().min(1) }) })
    .safeParse(entity);
  return parsed.data?.spec.owner;
}

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await fs.promises.readFile(file, 'utf8');
  } catch (error) {
    if (isError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
