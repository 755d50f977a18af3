import { Readable } from 'node:stream';
import { ConflictError } from '@backstage/errors';
import {
  ArtifactStore,
  ByteRange,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import { PayloadTooLargeError } from '../../../http/PayloadTooLargeError';
import { BlobReferences } from '../../artifacts/BlobReferences';
import { removeUnusedBlob } from '../../artifacts/removeUnusedBlob';
import { filePathProblem } from '../../filePathProblem';
import { Registry } from '../../Registry';
import { MlflowCall } from '../MlflowCall';
import { doesNotExist, invalidParameter } from '../MlflowError';
import { Tracking } from '../tracking/Tracking';
import { ArtifactFile, ArtifactIndex } from './ArtifactIndex';

/** The folder of the registry's own versions: `registry/<id of the model>/<number>`. */
const REGISTRY = 'registry';
/** In bytes. */
const MAX_PATH = 1024;

export interface ArtifactEntry {
  path: string;
  isFolder: boolean;
  sizeBytes?: number;
}

/**
 * Files behind `mlflow-artifacts:/…`: `<experiment>/<run>/artifacts/…`,
 * `<experiment>/models/<logged model>/artifacts/…`, and, to read only,
 * `registry/<model>/<number>/…`. Rights are those of the experiment or model.
 */
export class MlflowArtifacts {
  constructor(
    private readonly options: {
      tracking: Tracking;
      registry: Registry;
      index: ArtifactIndex;
      artifacts: ArtifactStore;
      references: BlobReferences;
      maxFileBytes: number;
    },
  ) {}

  async write(
    call: MlflowCall,
    path: string,
    source: Readable,
    sizeBytes?: number,
  ): Promise<void> {
    const { tracking, maxFileBytes } = this.options;
    const { first, rest } = this.parse(path);
    if (first === REGISTRY) {
      throw invalidParameter('Files of versions in the registry never change');
    }
    if (rest === '') throw invalidParameter('Invalid path');
    const experiment = await tracking.writableExperiment(call, first);
    const tooLarge = new PayloadTooLargeError(
      `The file is larger than ${maxFileBytes} bytes (modelPlatform.limits.maxFileBytes)`,
    );
    if ((sizeBytes ?? 0) > maxFileBytes) throw tooLarge;
    async function* limited() {
      let read = 0;
      for await (const chunk of source) {
        read += chunk.length;
        if (read > maxFileBytes) throw tooLarge;
        yield chunk;
      }
    }
    await this.keep(
      { ownerId: first, path: rest, system: experiment.system },
      Readable.from(limited(), { objectMode: false }),
      sizeBytes,
    );
  }

  /** Keeps a text that is not sent as a file, such as a prompt's. */
  async writeText(
    ownerId: string,
    path: string,
    text: string,
    system: string,
  ): Promise<ArtifactFile> {
    return await this.keep(
      { ownerId, path, system },
      Readable.from([Buffer.from(text)]),
    );
  }

  async find(call: MlflowCall, path: string): Promise<ArtifactFile> {
    const { first, rest } = this.parse(path);
    const missing = doesNotExist(`No such artifact: '${path}'`);
    if (first === REGISTRY) {
      const files = await this.filesOfVersion(call, rest);
      const file = files.find(one => one.path === rest);
      if (!file) throw missing;
      return file;
    }
    await this.options.tracking.experiment(call, first);
    const file = await this.options.index.find(first, rest);
    if (!file) throw missing;
    return file;
  }

  async open(file: ArtifactFile, range?: ByteRange): Promise<Readable> {
    return await this.options.artifacts.read(
      file.digest as Sha256,
      file.system,
      range,
    );
  }

  /** What is directly in a folder; nothing for a file. */
  async list(call: MlflowCall, path: string): Promise<ArtifactEntry[]> {
    const { first, rest } = this.parse(path);
    let files: ArtifactFile[];
    if (first === REGISTRY) {
      files = await this.filesOfVersion(call, rest);
    } else {
      await this.options.tracking.experiment(call, first);
      files = await this.options.index.below(first, rest);
    }
    return entriesOf(files, rest);
  }

  async remove(call: MlflowCall, path: string): Promise<void> {
    const { first, rest } = this.parse(path);
    if (first === REGISTRY) {
      throw invalidParameter('Files of versions in the registry never change');
    }
    await this.options.tracking.writableExperiment(call, first);
    const { index } = this.options;
    const file = await index.find(first, rest);
    const files = file ? [file] : await index.below(first, rest);
    await index.remove(first, files);
    for (const one of files) await this.free(one);
  }

  /** The files below a root that was checked before, their paths relative to it. */
  async filesBelow(call: MlflowCall, root: string): Promise<ArtifactFile[]> {
    const { first, rest } = this.parse(root);
    const files =
      first === REGISTRY
        ? await this.filesOfVersion(call, rest)
        : await this.options.index.below(first, rest);
    return files.map(file => ({
      ...file,
      path: file.path.slice(rest.length + 1),
    }));
  }

  /** Makes the blobs those of another system too, where they stay until `work` refers to them. */
  async withCopies<T>(
    system: string,
    files: ArtifactFile[],
    work: () => Promise<T>,
  ): Promise<T> {
    const { artifacts, references } = this.options;
    return await references.holding(system, async hold => {
      await hold(...files.map(({ digest }) => digest));
      for (const file of files) {
        const digest = file.digest as Sha256;
        if (await artifacts.has(digest, system)) continue;
        if (file.system === system) {
          throw new ConflictError(
            `${file.path} was removed in the meantime; log it again`,
          );
        }
        await artifacts.write(
          await artifacts.read(digest, file.system),
          { digest, sizeBytes: file.sizeBytes },
          system,
        );
      }
      return await work();
    });
  }

  private async keep(
    at: { ownerId: string; path: string; system: string },
    source: Readable,
    sizeBytes?: number,
  ): Promise<ArtifactFile> {
    const { index, artifacts, references } = this.options;
    const { ownerId, path, system } = at;
    const { file, before } = await references.holding(system, async hold => {
      const blob = await artifacts.write(source, { sizeBytes }, system, hold);
      const noted = { ...blob, path, system };
      return { file: noted, before: await index.put(ownerId, noted) };
    });
    if (before) await this.free(before);
    return file;
  }

  /** Once nothing refers to it; what cannot be removed now is left to garbage collection. */
  private async free({ system, digest }: ArtifactFile): Promise<void> {
    await removeUnusedBlob(this.options, system, digest).catch(() => undefined);
  }

  private async filesOfVersion(
    call: MlflowCall,
    rest: string,
  ): Promise<ArtifactFile[]> {
    const { registry } = this.options;
    const [id, number] = rest.split('/');
    const model = await registry.getModelById(call.caller, id);
    const version = await registry.getVersion(
      call.caller,
      model.name,
      number ?? '',
    );
    if (version.status === 'draft') {
      throw doesNotExist(`No such artifact: '${REGISTRY}/${rest}'`);
    }
    return version.files.map(file => ({
      path: `${id}/${number}/${file.path}`,
      digest: file.digest,
      sizeBytes: file.sizeBytes,
      system: model.system,
    }));
  }

  private parse(path: string): { first: string; rest: string } {
    const plain = path.replace(/^\/+|\/+$/g, '');
    if (
      plain === '' ||
      Buffer.byteLength(plain) > MAX_PATH ||
      filePathProblem(plain)
    ) {
      throw invalidParameter('Invalid path');
    }
    const slash = plain.indexOf('/');
    return slash < 0
      ? { first: plain, rest: '' }
      : { first: plain.slice(0, slash), rest: plain.slice(slash + 1) };
  }
}

/** Where the files of a version of the registry are among the artifacts. */
export function registryRoot(modelId: string, number: number): string {
  return `${REGISTRY}/${modelId}/${number}`;
}

function entriesOf(files: ArtifactFile[], folder: string): ArtifactEntry[] {
  const begin = folder === '' ? '' : `${folder}/`;
  const entries = new Map<string, ArtifactEntry>();
  for (const file of files) {
    if (!file.path.startsWith(begin)) continue;
    const [name, ...below] = file.path.slice(begin.length).split('/');
    entries.set(
      name,
      below.length > 0
        ? { path: name, isFolder: true }
        : { path: name, isFolder: false, sizeBytes: file.sizeBytes },
    );
  }
  return [...entries.values()].sort((left, right) =>
    left.path < right.path ? -1 : 1,
  );
}
