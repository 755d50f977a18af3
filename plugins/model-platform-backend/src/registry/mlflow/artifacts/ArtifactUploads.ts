import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  ArtifactStore,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import { MlflowCall } from '../MlflowCall';
import { doesNotExist, invalidParameter } from '../MlflowError';
import { ArtifactFolders } from './ArtifactFolders';
import { ArtifactFile, ArtifactIndex } from './ArtifactIndex';
import { artifactPathOf } from './artifactPathOf';
import { ArtifactWriter } from './ArtifactWriter';
import { ArtifactUpload, UPLOAD_LIFE_MS, UploadStore } from './UploadStore';

const MAX_PARTS = 10_000;

/**
 * Files that arrive in parts. A part is a file of its own, by the upload's id,
 * until all are there; who knows the id, which only the one who began the
 * upload was told, may send them. After a day an upload is given up.
 */
export class ArtifactUploads {
  constructor(
    private readonly options: {
      folders: ArtifactFolders;
      writer: ArtifactWriter;
      index: ArtifactIndex;
      artifacts: ArtifactStore;
      uploads: UploadStore;
      clock?: () => Date;
    },
  ) {}

  async create(call: MlflowCall, path: string, parts: number): Promise<string> {
    const { folders, uploads } = this.options;
    if (parts < 1 || parts > MAX_PARTS) {
      throw invalidParameter(
        `A file arrives in 1 to ${MAX_PARTS} parts, not in ${parts}`,
      );
    }
    const folder = await folders.writable(call, artifactPathOf(path));
    const id = randomUUID();
    const createdAt = this.now().toISOString();
    await uploads.add({ id, ...folder, parts, createdAt });
    return id;
  }

  /** @returns what the part is known by when the upload is completed */
  async writePart(
    id: string,
    number: number,
    source: Readable,
    sizeBytes?: number,
  ): Promise<string> {
    const upload = await this.find(id);
    const isPart =
      Number.isInteger(number) && number >= 1 && number <= (upload?.parts ?? 0);
    if (!upload || !isPart) {
      throw doesNotExist(`There is no upload ${id} with a part ${number}`);
    }
    const { system } = upload;
    const file = await this.options.writer.write(
      { ownerId: id, system, path: partName(number) },
      source,
      { sizeBytes, upload: id },
    );
    return file.digest;
  }

  async complete(
    call: MlflowCall,
    path: string,
    id: string,
    parts: Array<{ number: number; etag: string }>,
  ): Promise<void> {
    const { writer, artifacts } = this.options;
    const upload = await this.own(call, path, id);
    const files = await this.filesOf(upload);
    const chosen = parts
      .sort((left, right) => left.number - right.number)
      .map(({ number, etag }) => {
        const file = files.find(one => one.path === partName(number));
        if (file?.digest !== etag.replace(/^"|"$/g, '')) {
          throw invalidParameter(
            `Part ${number} of the upload ${id} is not there as it was sent; send it again`,
          );
        }
        return file;
      });
    async function* content() {
      for (const { digest, system } of chosen) {
        yield* await artifacts.read(digest as Sha256, system);
      }
    }
    await writer.write(
      upload,
      Readable.from(content(), { objectMode: false }),
      {
        sizeBytes: chosen.reduce((total, file) => total + file.sizeBytes, 0),
      },
    );
    await this.remove(upload);
  }

  async abort(call: MlflowCall, path: string, id: string): Promise<void> {
    await this.remove(await this.own(call, path, id));
  }

  private async own(
    call: MlflowCall,
    path: string,
    id: string,
  ): Promise<ArtifactUpload> {
    const folder = await this.options.folders.writable(
      call,
      artifactPathOf(path),
    );
    const upload = await this.find(id);
    if (upload?.ownerId !== folder.ownerId || upload.path !== folder.path) {
      throw doesNotExist(`There is no upload ${id} of ${path}`);
    }
    return upload;
  }

  /** Unless it is given up. */
  private async find(id: string): Promise<ArtifactUpload | undefined> {
    const upload = await this.options.uploads.find(id);
    const end = this.now().getTime() - UPLOAD_LIFE_MS;
    return upload && Date.parse(upload.createdAt) > end ? upload : undefined;
  }

  private async remove({ id }: ArtifactUpload): Promise<void> {
    const { writer, uploads } = this.options;
    await writer.free(await uploads.remove(id));
  }

  private async filesOf({ id }: ArtifactUpload): Promise<ArtifactFile[]> {
    return await this.options.index.below(id, '');
  }

  private now(): Date {
    return this.options.clock?.() ?? new Date();
  }
}

function partName(number: number): string {
  return `part-${number}`;
}
