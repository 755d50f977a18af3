import { createHash } from 'node:crypto';
import {
  FieldProblem,
  VersionFile,
} from '@model-platform/plugin-model-platform-common';

type SentFile = VersionFile & { content?: string };

/** Of the files that came with a draft, by digest. */
export function sentContents(files: SentFile[]): Map<string, Buffer> {
  return new Map(
    files.flatMap(({ digest, content }) =>
      content === undefined ? [] : [[digest, Buffer.from(content, 'base64')]],
    ),
  );
}

/** Where a file that came with a draft is not the one that the draft names. */
export function contentProblems(
  files: SentFile[],
  contents: Map<string, Buffer>,
): FieldProblem[] {
  return files.flatMap(({ digest, sizeBytes }, index) => {
    const bytes = contents.get(digest);
    if (!bytes) return [];
    const sent = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (bytes.length === sizeBytes && sent === digest) return [];
    return [
      {
        field: `files[${index}].content`,
        rule: `has ${bytes.length} bytes with the digest ${sent}, which is not what is said of the file`,
        given: { sizeBytes, digest },
        source: 'platform',
      },
    ];
  });
}
