import { Readable } from 'node:stream';
import { ConflictError } from '@backstage/errors';
import {
  ArtifactStore,
  ByteRange,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import { BlobReferences } from '../../artifacts/BlobReferences';
import { Registry } from '../../Registry';
import { MlflowCall } from '../MlflowCall';
import { doesNotExist, invalidParameter } from '../MlflowError';
import { ArtifactEntry, ArtifactFile, ArtifactIndex } from './ArtifactIndex';
import { ArtifactFolders } from './ArtifactFolders';
import { ArtifactWriter } from './ArtifactWriter';
import { artifactPathOf } from './artifactPathOf';

/** The folder of the registry's own versions: `registry/<id of the model>/<number>`. */
const REGISTRY = 'registry';

/**
 * Files behind `mlflow-artifacts:/…`: `<experiment>/<run>/artifacts/…`,
 * `<experiment>/models/<logged model>/artifacts/…`, to read only,
 * `registry/<model>/<number>/…`, and whatever else a system's people keep.
 * Rights are those of the experiment, model or system.
 */
export class MlflowArtifacts {
  constructor(
    private readonly options: {
      folders: ArtifactFolders;
      writer: ArtifactWriter;
      registry: Registry;
      index: ArtifactIndex;
      artifacts: ArtifactStore;
      references: BlobReferences;
    },
  ) {}

  async write(
    call: MlflowCall,
    path: string,
    source: Readable,
    sizeBytes?: number,
  ): Promise<void> {
    const { folders, writer } = this.options;
    const folder = await folders.writable(call, artifactPathOf(path));
    await writer.write(folder, source, { sizeBytes });
  }

  /** Keeps a text that is not sent as a file, such as a prompt's. */
  async writeText(
    ownerId: string,
    path: string,
    text: string,
    system: string,
  ): Promise<void> {
    await this.options.writer.write(
      { ownerId, path, system },
      Readable.from([Buffer.from(text)]),
    );
  }

  async find(call: MlflowCall, path: string): Promise<ArtifactFile> {
    const plain = artifactPathOf(path);
    const inRegistry = registryPathOf(plain);
    const file =
      inRegistry === undefined
        ? await this.findLogged(call, plain)
        : await this.findInVersion(call, inRegistry);
    if (!file) throw doesNotExist(`No such artifact: '${path}'`);
    return file;
  }

  /** A piece is good until the next one is asked for. */
  async open(
    file: ArtifactFile,
    range?: ByteRange,
  ): Promise<AsyncIterable<Uint8Array>> {
    return await this.options.artifacts.readPieces(
      file.digest as Sha256,
      file.system,
      range,
    );
  }

  /** What is directly in a folder; nothing for a file. */
  async list(call: MlflowCall, path: string): Promise<ArtifactEntry[]> {
    const plain = artifactPathOf(path, { orRoot: true });
    const inRegistry = registryPathOf(plain);
    if (inRegistry !== undefined) {
      return entriesOf(await this.filesOfVersion(call, inRegistry), inRegistry);
    }
    const folder = await this.options.folders.readable(call, plain);
    return await this.options.index.list(folder.ownerId, folder.path);
  }

  async remove(call: MlflowCall, path: string): Promise<void> {
    const { folders, index, writer } = this.options;
    const folder = await folders.writable(call, artifactPathOf(path));
    const file = await index.find(folder.ownerId, folder.path);
    await writer.remove(
      folder.ownerId,
      file ? [file] : await index.below(folder.ownerId, folder.path),
    );
  }

  /** The files below a root that was checked before, their paths relative to it. */
  async filesBelow(call: MlflowCall, root: string): Promise<ArtifactFile[]> {
    const inRegistry = registryPathOf(root);
    const slash = root.indexOf('/');
    const folder = inRegistry ?? root.slice(slash + 1);
    const files =
      inRegistry === undefined
        ? await this.options.index.below(root.slice(0, slash), folder)
        : await this.filesOfVersion(call, inRegistry);
    return files.map(file => ({
      ...file,
      path: file.path.slice(folder.length + 1),
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

  private async findLogged(
    call: MlflowCall,
    path: string,
  ): Promise<ArtifactFile | undefined> {
    const { folders, index } = this.options;
    const folder = await folders.readable(call, path);
    const file = await index.find(folder.ownerId, folder.path);
    if (!file && (await index.isFolder(folder.ownerId, folder.path))) {
      throw invalidParameter(
        `Artifact path refers to a directory, not a file: '${path}'`,
      );
    }
    return file;
  }

  private async findInVersion(
    call: MlflowCall,
    path: string,
  ): Promise<ArtifactFile | undefined> {
    const [id, number = '', ...rest] = path.split('/');
    const file = await this.options.registry.findFile(
      call.caller,
      id,
      number,
      rest.join('/'),
    );
    return (
      file && {
        path,
        digest: file.digest,
        sizeBytes: file.sizeBytes,
        system: file.system,
      }
    );
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
}

/** Where the files of a version of the registry are among the artifacts. */
export function registryRoot(modelId: string, number: number): string {
  return `${REGISTRY}/${modelId}/${number}`;
}

/** What is below the registry's folder; undefined where the path is elsewhere. */
function registryPathOf(path: string): string | undefined {
  return path.startsWith(`${REGISTRY}/`)
    ? path.slice(REGISTRY.length + 1)
    : undefined;
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
