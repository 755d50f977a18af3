import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { root } from '../platform/Platform';
import { Dice } from './Dice';

const MIB = 1024 * 1024;
const example = path.join(root, 'examples', 'iris');

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();

/** A file that is being published. */
export class NewFile {
  readonly digest: string;
  /** Parts of it that the platform has confirmed. */
  readonly arrived = new Set<number>();

  constructor(readonly path: string, readonly bytes: Buffer) {
    this.digest = `sha256:${sha256(bytes).toString('hex')}`;
  }

  part(number: number, partSizeBytes: number) {
    const start = (number - 1) * partSizeBytes;
    const bytes = this.bytes.subarray(start, start + partSizeBytes);
    return {
      bytes,
      contentDigest: `sha-256=:${sha256(bytes).toString('base64')}:`,
    };
  }
}

/** A version of the ONNX example with files that no other one has. */
export class NewVersion {
  static make(
    model: string,
    dice: Dice,
    options: { maxBytes?: number; large?: boolean; shared?: NewFile[] } = {},
  ): NewVersion {
    const { maxBytes = 3 * MIB, large = false, shared = [] } = options;
    const files = [
      ...shared,
      new NewFile(
        'iris.onnx',
        fs.readFileSync(path.join(example, 'iris.onnx')),
      ),
    ];
    for (let index = dice.whole(1, 3); index > 0; index -= 1)
      files.push(
        new NewFile(
          `weights-${index}.bin`,
          dice.bytes(dice.whole(1, maxBytes)),
        ),
      );
    // In two to four parts.
    if (large)
      files.unshift(
        new NewFile('large.bin', dice.bytes(dice.whole(8 * MIB + 1, 32 * MIB))),
      );
    return new NewVersion(model, files);
  }

  private constructor(readonly model: string, readonly files: NewFile[]) {}

  /** Digest of a file that no other version has; also the key of its publish. */
  get key(): string {
    return this.files[this.files.length - 1].digest;
  }

  /** What a draft of it is opened with. */
  get request() {
    const fields = parse(
      fs.readFileSync(path.join(example, 'model.yaml'), 'utf8'),
    );
    const { metadata, signature, example: inputs, resources } = fields;
    return {
      model: {
        name: this.model,
        type: fields.type,
        owner: fields.owner,
        system: fields.system,
        description: fields.description,
      },
      version: {
        metadata,
        signature,
        example: inputs,
        resources,
        evaluation: fields.evaluation,
        flavor: 'onnx',
        runtime: 'node',
      },
      files: this.files.map(file => ({
        path: file.path,
        digest: file.digest,
        sizeBytes: file.bytes.length,
      })),
    };
  }
}
