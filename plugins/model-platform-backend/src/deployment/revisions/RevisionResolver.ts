import {
  DeploymentSpec,
  DeploymentVariant,
  FieldProblem,
  Model,
  ResolvedVariant,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { DeployableModels } from '../models/DeployableModels';
import { WatchedVersions } from '../store/DeploymentRecord';
import { problem } from '../spec/problem';

/** What the selectors of a spec mean now. */
export interface Resolution {
  /** Model of the deployment itself; absent where there is none of that name. */
  model?: Model;
  /** All models of the variants, by id. */
  models: Map<string, Model>;
  variants: ResolvedVariant[];
  watched: WatchedVersions;
  problems: FieldProblem[];
}

/** Turns selectors into version numbers. */
export class RevisionResolver {
  constructor(private readonly models: DeployableModels) {}

  /**
   * @param find - finds a model for the one who asks: what may not be seen is
   *   not there.
   * @param latest - what that means, where it is not the newest version
   */
  async resolve(
    spec: DeploymentSpec,
    find: (ref: string) => Promise<Model | undefined> = ref =>
      this.models.find(ref),
    latest: (model: Model) => number | undefined = model =>
      model.latest?.number,
  ): Promise<Resolution> {
    const resolution: Resolution = {
      models: new Map(),
      variants: [],
      watched: {},
      problems: [],
    };
    resolution.model = await find(spec.model);
    const variants = variantsOf(spec);
    const answering = variants.filter(({ shadow }) => shadow === undefined);
    for (const [index, variant] of variants.entries()) {
      const model = variant.model
        ? await find(variant.model)
        : resolution.model;
      const field = spec.variants ? `spec.variants[${index}]` : 'spec';
      const modelField = variant.model ? `${field}.model` : 'spec.model';
      if (!model) {
        resolution.problems.push(
          problem(
            modelField,
            'there is no such model',
            variant.model ?? spec.model,
          ),
        );
        continue;
      }
      resolution.models.set(model.id, model);
      resolution.problems.push(...modelProblems(model, spec, modelField));
      const number = numberOf(model, variant.version, latest);
      const status =
        number === undefined ? undefined : await this.statusOf(model, number);
      if (number === undefined || status !== 'ready') {
        resolution.problems.push(
          problem(
            `${field}.version`,
            whyNot(model, variant, status),
            variant.version,
          ),
        );
        continue;
      }
      resolution.variants.push({
        name: variant.name,
        modelId: model.id,
        model: model.name,
        version: number,
        ...(variant.shadow === undefined
          ? { weight: variant.weight ?? 100 / answering.length }
          : { weight: 0, shadow: variant.shadow }),
      });
    }
    resolution.watched = watchedVersions(spec, resolution.models);
    resolution.problems = distinct(resolution.problems);
    return resolution;
  }

  /** Of the newest one, the model tells it: looking at deployments without a change asks for no more. */
  private async statusOf(
    { id, latest }: Model,
    number: number,
  ): Promise<string | undefined> {
    return number === latest?.number
      ? latest.status
      : (await this.models.version(id, number))?.status;
  }
}

/** Without variants a deployment serves the newest version. */
export function variantsOf(spec: DeploymentSpec): DeploymentVariant[] {
  return spec.variants ?? [{ name: 'main', version: { latest: true } }];
}

/** What a new revision would be made for, as it is now. */
export function watchedVersions(
  spec: DeploymentSpec,
  models: Map<string, Model>,
): WatchedVersions {
  const triggers = spec.triggers ?? [];
  const followsLatest = variantsOf(spec).some(
    variant => 'latest' in variant.version,
  );
  const onVersion =
    triggers.some(trigger => trigger.onVersion) ||
    (!spec.triggers && followsLatest);
  const aliases = triggers.flatMap(trigger =>
    trigger.onAlias ? [trigger.onAlias.alias] : [],
  );
  const watched: WatchedVersions = {};
  for (const model of models.values()) {
    watched[model.id] = {
      ...(onVersion ? { latest: model.latest?.number } : {}),
      ...(aliases.length > 0
        ? {
            aliases: Object.fromEntries(
              aliases
                .filter(alias => Object.hasOwn(model.aliases, alias))
                .map(alias => [alias, model.aliases[alias]]),
            ),
          }
        : {}),
    };
  }
  return watched;
}

function numberOf(
  model: Model,
  selector: DeploymentVariant['version'],
  latest: (model: Model) => number | undefined,
): number | undefined {
  if ('number' in selector) {
    return selector.number;
  }
  if ('alias' in selector) {
    return Object.hasOwn(model.aliases, selector.alias)
      ? model.aliases[selector.alias]
      : undefined;
  }
  return latest(model);
}

function whyNot(
  model: Model,
  variant: DeploymentVariant,
  status: string | undefined,
): string {
  const selector = variant.version;
  if ('alias' in selector && status === undefined) {
    return `the model ${model.name} has no alias ${selector.alias}; \`model-platform alias set ${model.name} ${selector.alias} VERSION\` sets it`;
  }
  if ('latest' in selector) {
    return `the model ${model.name} has no version that is ready; publish one first`;
  }
  return status === undefined
    ? `the model ${model.name} has no such version`
    : `this version of the model ${model.name} is ${status}, not ready`;
}

function modelProblems(
  model: Model,
  spec: DeploymentSpec,
  field: string,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (toSystemName(model.system) !== toSystemName(spec.system)) {
    problems.push(
      problem(
        field === 'spec.model' ? 'spec.system' : field,
        `the model ${model.name} belongs to the system ${model.system}; a deployment serves models of its own system only`,
        spec.system,
        model.system,
      ),
    );
  }
  if (model.archivedAt) {
    problems.push(
      problem(field, `the model ${model.name} is archived`, model.name),
    );
  }
  return problems;
}

function distinct(problems: FieldProblem[]): FieldProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ field, rule }) => {
    const key = `${field} ${rule}`;
    return !seen.has(key) && seen.add(key);
  });
}
