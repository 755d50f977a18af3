import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Flavor, Row } from '../Flavor';
import { onlyFile } from '../onlyFile';
import { signatureTensors } from '../signatureTensors';
import { DecisionGraph } from './DecisionGraph';
import { toJson } from './feel';

/** The output that lists the rules which made the decisions. */
const FIRED = 'firedRules';
/** How long the lines of one call keep all others waiting, milliseconds; a single line may take longer. */
const TURN_MS = 5;

/** Decisions of DMN files, by feelin's FEEL and our own decision tables: `https://www.omg.org/dmn`. */
export const dmnFlavor: Flavor = {
  name: 'dmn',
  takesBytes: true,

  async load(manifest, directory) {
    const file = onlyFile(manifest, ['.dmn']);
    const xml = await readFile(path.join(directory, file), 'utf8');
    const graph = await DecisionGraph.read(xml).catch(error => {
      throw new Error(`${file} cannot be served: ${error.message}`);
    });
    const { inputs, outputs } = manifest.signature;
    const wanted = outputs
      .map(({ name }) => name)
      .filter(name => name !== FIRED);
    const problems = [
      ...inputs
        .filter(({ name }) => !graph.inputNames.includes(name))
        .map(
          ({ name }) =>
            `input '${name}' is no input data of ${file} (${graph.inputNames.join(
              ', ',
            )})`,
        ),
      ...wanted
        .filter(name => !graph.decisionNames.includes(name))
        .map(
          name =>
            `output '${name}' is no decision of ${file} (${graph.decisionNames.join(
              ', ',
            )})`,
        ),
    ];
    if (problems.length === 0) {
      const missing = [...graph.required(wanted)].filter(
        name => !inputs.some(input => input.name === name),
      );
      problems.push(
        ...missing.map(
          name => `the decisions need '${name}', which is no input`,
        ),
      );
    }
    if (problems.length > 0)
      throw new Error(`The signature does not fit: ${problems.join('; ')}.`);
    return {
      platform: 'dmn_feelin',
      ...signatureTensors(manifest.signature, async (rows, call) => {
        const answers: Row[] = [];
        let begin = performance.now();
        for (const row of rows) {
          if (performance.now() - begin > TURN_MS) {
            await setImmediate();
            call.signal.throwIfAborted();
            begin = performance.now();
          }
          const { values, fired } = graph.decide(wanted, row);
          answers.push(
            Object.fromEntries(
              outputs.map(({ name }) => [
                name,
                name === FIRED ? fired : toJson(values[name]),
              ]),
            ),
          );
        }
        return answers;
      }),
    };
  },
};
