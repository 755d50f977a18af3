import { createHash } from 'node:crypto';
import { MlflowCall } from '../MlflowCall';
import { doesNotExist, invalidParameter } from '../MlflowError';
import { MlflowPlaces } from '../MlflowPlaces';
import { Experiments } from '../tracking/Experiments';

/** Whose a path among the artifacts is, and the path in there. */
export interface ArtifactFolder {
  ownerId: string;
  system: string;
  path: string;
}

/** Finds out whose a path is: an experiment's where it begins with its id, else the system's. */
export class ArtifactFolders {
  constructor(
    private readonly options: {
      experiments: Experiments;
      places: MlflowPlaces;
    },
  ) {}

  async readable(call: MlflowCall, path: string): Promise<ArtifactFolder> {
    const { experiments, places } = this.options;
    const [id, rest] = experimentIn(path);
    if (id !== undefined) {
      const { experiment } = await experiments.get(call, id);
      return { ownerId: experiment.id, system: experiment.system, path: rest };
    }
    const system = await places.readableSystem(call, 'the path');
    if (system === undefined) throw doesNotExist(`No such artifact: '${path}'`);
    return { ownerId: ownerIdOf(system), system, path };
  }

  /** Throws where the caller may not write there. */
  async writable(call: MlflowCall, path: string): Promise<ArtifactFolder> {
    if (path.startsWith('registry/')) {
      throw invalidParameter('Files of versions in the registry never change');
    }
    const [id, rest] = experimentIn(path);
    if (id === undefined) {
      const { system } = await this.options.places.placeOf(
        call,
        [],
        'the path',
      );
      return { ownerId: ownerIdOf(system), system, path };
    }
    if (rest === '') throw invalidParameter('Invalid path');
    const { system, ...experiment } = await this.options.experiments.writable(
      call,
      id,
    );
    return { ownerId: experiment.id, system, path: rest };
  }
}

function experimentIn(path: string): [id: string | undefined, rest: string] {
  const [, id, rest = ''] = /^(\d{1,18})(?:\/(.*))?$/s.exec(path) ?? [];
  return [id, rest];
}

/** Of what belongs to a system and to no experiment. */
function ownerIdOf(system: string): string {
  const hash = createHash('sha256').update(system).digest('hex');
  return `s-${hash.slice(0, 32)}`;
}
