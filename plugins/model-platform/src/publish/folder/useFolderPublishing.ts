import { useCallback, useEffect, useRef, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  FieldProblem,
  ModelPlatformClient,
  UploadProgress,
} from '@model-platform/plugin-model-platform-common';
import { modelPlatformApiRef } from '@model-platform/plugin-model-platform-react';
import { FolderFile } from './FolderFile';
import { FolderPublished, FolderUpload, HashProgress } from './FolderUpload';
import { MODEL_FILES, ModelFolder, readModelFolder } from './readModelFolder';
import { rememberUpload } from './rememberedUpload';

/** How far publishing a folder is. */
export type FolderStep =
  | { is: 'empty' }
  | { is: 'reading' }
  | { is: 'hashing'; progress: HashProgress }
  | { is: 'checking' }
  | { is: 'refused'; problems: FieldProblem[]; modelYaml: string }
  | { is: 'accepted'; folder: ModelFolder; upload: FolderUpload }
  | {
      is: 'sending';
      name: string;
      number?: number;
      resumed?: boolean;
      progress?: UploadProgress;
      /** Of a connection that was cut, while it is tried again. */
      cut?: Error;
    }
  | { is: 'completing'; name: string }
  | { is: 'failed'; error: Error; again: () => void }
  | { is: 'done'; published: FolderPublished };

export interface FolderPublishing {
  step: FolderStep;
  /** Takes a folder and says what it would be refused for. */
  check: (read: () => Promise<FolderFile[]> | FolderFile[]) => void;
  /** The same folder with another `model.yaml`. */
  checkWith: (modelYaml: string) => void;
  publish: () => void;
  /** Ends what is under way; what has arrived is kept for the next time. */
  clear: () => void;
}

/** Publishes a folder of the reader's machine, step by step. */
export function useFolderPublishing(): FolderPublishing {
  const api = useApi(modelPlatformApiRef);
  const [step, setStep] = useState<FolderStep>({ is: 'empty' });
  const files = useRef<FolderFile[]>([]);
  const digests = useRef(new Map<string, string>());
  const running = useRef(new AbortController());
  useEffect(() => () => running.current.abort(), []);

  /** Runs one step after ending what ran; what it throws can be tried again. */
  const begin = useCallback(
    (work: (signal: AbortSignal, show: typeof setStep) => Promise<void>) => {
      const attempt = async () => {
        running.current.abort();
        const controller = new AbortController();
        running.current = controller;
        const { signal } = controller;
        const show: typeof setStep = next => {
          if (!signal.aborted) setStep(next);
        };
        try {
          await work(signal, show);
        } catch (error) {
          const problems = ModelPlatformClient.problemsOf(error);
          show(
            problems.length > 0
              ? await refusal(problems, files.current)
              : {
                  is: 'failed',
                  error:
                    error instanceof Error ? error : new Error(String(error)),
                  again: attempt,
                },
          );
        }
      };
      return attempt();
    },
    [],
  );

  const checkFiles = useCallback(
    async (signal: AbortSignal, show: typeof setStep) => {
      const folder = await readModelFolder(files.current);
      if ('problems' in folder) {
        show(await refusal(folder.problems, files.current));
        return;
      }
      const upload = await FolderUpload.prepare(api, folder, {
        known: digests.current,
        onProgress: progress => show({ is: 'hashing', progress }),
        signal,
      });
      show({ is: 'checking' });
      const problems = await upload.check(signal);
      show(
        problems.length > 0
          ? await refusal(problems, files.current)
          : { is: 'accepted', folder, upload },
      );
    },
    [api],
  );

  return {
    step,
    check: read =>
      begin(async (_signal, show) => {
        // Asked before anything is waited for: a drop is over after its event.
        const reading = read();
        show({ is: 'reading' });
        files.current = await reading;
        // On its own, since what was dropped cannot be read once more.
        await begin(checkFiles);
      }),
    checkWith: modelYaml => {
      const isModelFile = ({ path }: FolderFile) => MODEL_FILES.includes(path);
      const path = files.current.find(isModelFile)?.path ?? MODEL_FILES[0];
      files.current = [
        ...files.current.filter(one => !isModelFile(one)),
        { path, file: new File([modelYaml], path) },
      ];
      begin(checkFiles);
    },
    publish: () => {
      if (step.is !== 'accepted') return;
      const { folder, upload } = step;
      const { name } = folder;
      begin(async (signal, show) => {
        show({ is: 'sending', name });
        const update = (
          more: Partial<Extract<FolderStep, { is: 'sending' }>>,
        ) => show(now => (now.is === 'sending' ? { ...now, ...more } : now));
        let furthest = 0;
        const published = await upload.send({
          signal,
          opened: (number, resumed) => {
            rememberUpload({ name, number });
            update({ number, resumed });
          },
          progress: progress => {
            const isFurther = progress.sent.bytes > furthest;
            furthest = Math.max(furthest, progress.sent.bytes);
            // What had arrived before is counted again after a cut.
            update(isFurther ? { progress, cut: undefined } : { progress });
          },
          retry: cut => update({ cut }),
          completing: () => show({ is: 'completing', name }),
        });
        rememberUpload(undefined);
        show({ is: 'done', published });
      });
    },
    clear: () => {
      running.current.abort();
      files.current = [];
      setStep({ is: 'empty' });
    },
  };
}

async function refusal(
  problems: FieldProblem[],
  files: FolderFile[],
): Promise<FolderStep> {
  const modelFile = files.find(({ path }) => MODEL_FILES.includes(path));
  return {
    is: 'refused',
    problems,
    modelYaml: (await modelFile?.file.text()) ?? '',
  };
}
