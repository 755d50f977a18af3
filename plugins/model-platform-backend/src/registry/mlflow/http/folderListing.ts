import { ArtifactEntry } from '../artifacts/ArtifactIndex';
import { MlflowArtifacts } from '../artifacts/MlflowArtifacts';
import { MlflowCall } from '../MlflowCall';

/** What is in a folder of a run or logged model, as its paths in there. */
export async function folderListing(
  artifacts: MlflowArtifacts,
  call: MlflowCall,
  root: string,
  path: string | undefined,
): Promise<object> {
  const folder = path?.replace(/^\/+|\/+$/g, '');
  const entries = await artifacts.list(
    call,
    folder ? `${root}/${folder}` : root,
  );
  return {
    root_uri: `mlflow-artifacts:/${root}`,
    ...toFilesJson(entries, folder),
  };
}

export function toFilesJson(entries: ArtifactEntry[], folder?: string): object {
  if (entries.length === 0) return {};
  return {
    files: entries.map(entry => ({
      path: folder ? `${folder}/${entry.path}` : entry.path,
      is_dir: entry.isFolder,
      file_size: entry.sizeBytes,
    })),
  };
}
