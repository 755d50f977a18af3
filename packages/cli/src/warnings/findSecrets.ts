import { FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import { FoundFile } from '../model/collectFiles';
import { isReadError } from '../model/isReadError';
import { FileWarning } from './FileWarning';

/** Secrets stand in code and settings; of more than that only the beginning is looked at. */
const MAX_BYTES = 1024 * 1024;
const MAX_WARNINGS = 20;

/**
 * Secrets in a file, by the patterns of https://github.com/secretlint. What is
 * not text is passed over. A warning says where and of what kind, and never
 * the secret.
 */
export async function findSecrets(file: FoundFile): Promise<FileWarning[]> {
  const text = await readText(file.location);
  if (!text?.trim()) return [];
  const { messages } = await lintSource({
    source: {
      content: text,
      filePath: file.path,
      contentType: 'text',
      ext: path.extname(file.path),
    },
    options: {
      noPhysicFilePath: true,
      maskSecrets: true,
      config: {
        rules: [
          {
            id: '@secretlint/secretlint-rule-preset-recommend',
            rule: creator,
            rules: [],
          },
        ],
      },
    },
  });
  return messages.slice(0, MAX_WARNINGS).map(message => {
    const rule = message.ruleId.replace(/^@secretlint\//, '');
    return {
      file: file.path,
      rule,
      message: `${file.path}, line ${message.loc.start.line}, looks like it holds a secret (${rule}: ${message.messageId}). Take it out and revoke it, or leave the file out in .modelignore.`,
      isGrave: true,
    };
  });
}

async function readText(location: string): Promise<string | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(location);
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, MAX_BYTES));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    const read = bytes.subarray(0, bytesRead);
    return read.includes(0) ? undefined : read.toString('utf8');
  } catch (error) {
    if (isReadError(error)) return undefined;
    throw error;
  } finally {
    await file?.close();
  }
}
