import { createHash } from 'node:crypto';
import { Config } from '@backstage/config';
import {
  FieldProblem,
  FileReading,
  isDangerousImport,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { defaultModules } from './defaultModules';
import { importsOutside } from './importsOutside';

/**
 * `allow`: everything. `warn`: not what no model needs, nor what cannot be
 * looked into; what is on no list is named. `refuse`: only what is on the list.
 */
export type PickleRule = 'allow' | 'warn' | 'refuse';

/** Of a sender's own, which are of pickles alone, without a format. */
export type PickleReading = Pick<FileReading, 'path' | 'imports' | 'problem'> &
  Partial<FileReading>;

interface SystemPolicy {
  rule: PickleRule;
  /** Modules, and names in them, that pickles may import. */
  modules: string[];
}

const SOURCE = 'pickle policy';
const SHOWN = 10;
const HOW =
  'keep the model with skops, or as ONNX, which cannot run anything when they are loaded';

/** What pickles among the files of a version may import, by its system. */
export class PicklePolicy {
  static fromConfig(root: Config): PicklePolicy {
    const config = root.getOptionalConfig('modelPlatform.pickles');
    const everywhere: SystemPolicy = {
      rule: ruleOf(config) ?? 'warn',
      modules: modulesOf(config) ?? defaultModules,
    };
    return new PicklePolicy(
      everywhere,
      new Map(
        (config?.getOptionalConfigArray('systems') ?? []).map(one => [
          toSystemName(one.getString('system')),
          {
            rule: ruleOf(one) ?? everywhere.rule,
            modules: modulesOf(one) ?? everywhere.modules,
          },
        ]),
      ),
    );
  }

  private constructor(
    private readonly everywhere: SystemPolicy,
    private readonly bySystem: ReadonlyMap<string, SystemPolicy>,
  ) {}

  /** Differs where what is refused may differ. */
  digestOf(system: string): string {
    return createHash('sha256')
      .update(JSON.stringify(this.of(system)))
      .digest('hex');
  }

  /** What a version is refused for, by file. */
  problems(system: string, readings: PickleReading[]): FieldProblem[] {
    const { rule, modules } = this.of(system);
    if (rule === 'allow') return [];
    return readings.flatMap(
      ({ path, format = 'pickle', imports = [], problem }) => {
        const refused = (why: string, given: string[]): FieldProblem[] => [
          {
            field: 'files',
            rule: `${path} is refused: ${why} (modelPlatform.pickles: ${rule}); ${HOW}`,
            given: given.slice(0, SHOWN),
            example: 'model.skops',
            source: SOURCE,
          },
        ];
        const dangerous = imports.filter(isDangerousImport);
        if (dangerous.length > 0) {
          const names = listed(dangerous);
          return refused(
            `loading it would import ${names}, which no model needs`,
            dangerous,
          );
        }
        const unlisted =
          rule === 'refuse' ? importsOutside(imports, modules) : [];
        if (unlisted.length > 0) {
          const names = listed(unlisted);
          return refused(
            `loading it would import ${names}, which models of ${system} may not`,
            unlisted,
          );
        }
        // Other files run nothing, whatever they are.
        return problem !== undefined && format === 'pickle'
          ? refused(`what loading it would import cannot be told: ${problem}`, [
              path,
            ])
          : [];
      },
    );
  }

  /** The readings, with what is on no list; under `allow` nobody asks. */
  marked(system: string, readings: FileReading[]): FileReading[] {
    const { rule, modules } = this.of(system);
    if (rule === 'allow') return readings;
    return readings.map(reading => {
      const unlisted = importsOutside(reading.imports ?? [], modules);
      return unlisted.length > 0 ? { ...reading, unlisted } : reading;
    });
  }

  private of(system: string): SystemPolicy {
    return this.bySystem.get(system) ?? this.everywhere;
  }
}

function listed(names: string[]): string {
  const more = names.length - SHOWN;
  return `${names.slice(0, SHOWN).join(', ')}${
    more > 0 ? ` and ${more} more` : ''
  }`;
}

function ruleOf(config: Config | undefined): PickleRule | undefined {
  const given = config?.getOptionalString('policy');
  if (given === undefined) return undefined;
  const rule = (['allow', 'warn', 'refuse'] as const).find(
    one => one === given,
  );
  if (!rule) {
    throw new Error(
      `modelPlatform.pickles: policy must be allow, warn or refuse, not ${given}`,
    );
  }
  return rule;
}

function modulesOf(config: Config | undefined): string[] | undefined {
  return config?.getOptionalStringArray('modules');
}
