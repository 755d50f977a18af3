import { Config } from '@backstage/config';
import {
  FieldProblem,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { StorageUsage } from './VersionStore';

/** How many bytes of files the versions of a system may have together. */
export class SystemQuotas {
  static fromConfig(root: Config): SystemQuotas {
    const config = root.getOptionalConfig('modelPlatform.limits');
    return new SystemQuotas(
      config?.getOptionalNumber('systemBytes'),
      new Map(
        (config?.getOptionalConfigArray('systems') ?? []).map(one => [
          toSystemName(one.getString('system')),
          one.getNumber('bytes'),
        ]),
      ),
    );
  }

  private constructor(
    private readonly everywhere: number | undefined,
    private readonly bySystem: ReadonlyMap<string, number>,
  ) {}

  /** Undefined where there is none. */
  of(system: string): number | undefined {
    return this.bySystem.get(system) ?? this.everywhere;
  }

  /** What a draft would be refused for; one that adds nothing never is. */
  problems(system: string, { used, added }: StorageUsage): FieldProblem[] {
    const quota = this.of(system);
    if (quota === undefined || added === 0 || used + added <= quota) return [];
    return [
      {
        field: 'files',
        rule: `would take the system ${system} over its quota of ${quota} bytes: it has ${used}, and these files add ${added}; ask an administrator for more (modelPlatform.limits)`,
        given: added,
        example: Math.max(0, quota - used),
        source: 'platform',
      },
    ];
  }
}
