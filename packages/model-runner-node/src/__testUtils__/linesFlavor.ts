import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Flavor } from '../flavors/Flavor';
import { onlyFile } from '../flavors/onlyFile';
import { signatureTensors } from '../flavors/signatureTensors';

/** Tables of two columns, `key,value`: answers the value that belongs to a key. */
export const linesFlavor: Flavor = {
  name: 'lines',

  async load(manifest, directory) {
    const [input] = manifest.signature.inputs;
    const [output] = manifest.signature.outputs;
    const file = onlyFile(manifest, ['.csv']);
    const text = await readFile(path.join(directory, file), 'utf8');
    const values = new Map(
      text
        .trim()
        .split('\n')
        .map(line => line.split(',') as [string, string]),
    );
    if (input.type !== 'string' || output.type !== 'string')
      throw new Error('The signature does not fit: both fields are strings.');
    return {
      platform: 'lines',
      ...signatureTensors(manifest.signature, async rows =>
        rows.map(row => ({
          [output.name]: values.get(row[input.name] as string) ?? null,
        })),
      ),
    };
  },
};
