import { isDeepStrictEqual } from 'node:util';
import {
  FieldProblem,
  MetadataCompliance as Compliance,
  Model,
  ModelVersion,
  Page,
} from '@model-platform/plugin-model-platform-common';
import { Caller } from '../../access/Caller';
import { mentions } from '../finding/FilterExpression';
import { ModelsQuery, parseModelsQuery } from '../parseModelsQuery';
import { PublishCheck } from '../PublishCheck';
import { Registry } from '../Registry';
import {
  ComplianceRecord,
  ComplianceStore,
  ComplianceSubject,
} from './ComplianceStore';

const BATCH = 100;

/** How many models of a list satisfy the schema in force, and how many do not. */
export interface ComplianceTotals {
  complete: number;
  incomplete: number;
}

/**
 * How published models stand to the schema and the policy for pickles in force today. Looked at ahead of
 * time, once for each schema and version, so that asking costs a list. What is
 * found short stays published.
 */
export class MetadataCompliance {
  constructor(
    private readonly options: {
      store: ComplianceStore;
      registry: Registry;
      check: PublishCheck;
      clock?: () => Date;
    },
  ) {}

  /** Looks at every model that nobody has looked at by today's schema. @returns how many. */
  async update(signal?: AbortSignal): Promise<number> {
    const { store, check } = this.options;
    let checked = 0;
    for (const place of await store.places()) {
      const { digest } = await check.complianceOf(
        { ...place, readings: [] },
        {},
      );
      for (;;) {
        if (signal?.aborted) return checked;
        const subjects = await store.stale(place, digest, BATCH);
        await store.save(await this.look(subjects));
        checked += subjects.length;
        if (subjects.length < BATCH) break;
      }
    }
    return checked;
  }

  /** Looks at models that changed. */
  async updateModels(modelIds: string[]): Promise<void> {
    const { store } = this.options;
    const records = await this.look(await store.subjects(modelIds));
    const known = await store.find(modelIds);
    // Most changes, such as of an alias, change nothing of it.
    const different = records.filter(record => {
      const before = known.get(record.modelId);
      return !before || !isSame(before, record);
    });
    if (different.length > 0) await store.save(different);
  }

  /** Permission and filters are those of the list of models; `complete=false` where nothing else is asked for. */
  async list(
    caller: Caller,
    query: ModelsQuery = {},
  ): Promise<Page<Compliance> & { totals: ComplianceTotals }> {
    const { registry } = this.options;
    const filter = query.filter ?? [];
    const isAsked = filter.some(asksForComplete);
    const page = await registry.listModels(caller, {
      ...query,
      filter: isAsked ? filter : [...filter, 'complete=false'],
      facets: undefined,
    });
    const counted = await registry.listModels(caller, {
      q: query.q,
      filter: filter.filter(one => !asksForComplete(one)),
      facets: ['complete'],
      limit: 1,
    });
    const count = (value: string) =>
      counted.facets?.complete?.find(one => one.value === value)?.count ?? 0;
    return {
      items: await this.withRecords(page.items),
      nextCursor: page.nextCursor,
      totalItems: page.totalItems,
      totals: { complete: count('true'), incomplete: count('false') },
    };
  }

  async get(caller: Caller, ref: string): Promise<Compliance> {
    const model = await this.options.registry.getModel(caller, ref);
    return (await this.withRecords([model]))[0];
  }

  /** What one version's metadata falls short of today. */
  async metadataProblems(
    model: Pick<Model, 'type' | 'system'>,
    { metadata }: Pick<ModelVersion, 'metadata'>,
  ): Promise<FieldProblem[]> {
    const { problems } = await this.options.check.metadataOf(model, metadata);
    return problems;
  }

  /** Of models that the caller was found to see. */
  async findOf(modelIds: string[]): Promise<Map<string, ComplianceRecord>> {
    return await this.options.store.find(modelIds);
  }

  private async look(
    subjects: ComplianceSubject[],
  ): Promise<ComplianceRecord[]> {
    const { check, clock = () => new Date() } = this.options;
    const records: ComplianceRecord[] = [];
    for (const subject of subjects) {
      const { problems, schemas, digest } = await check.complianceOf(
        subject,
        subject.metadata,
      );
      records.push({
        modelId: subject.modelId,
        version: subject.version,
        schemaDigest: digest,
        schemas,
        // Without a version there is nothing that could fall short.
        problems: subject.version === 0 ? [] : problems,
        checkedAt: clock().toISOString(),
      });
    }
    return records;
  }

  private async withRecords(models: Model[]): Promise<Compliance[]> {
    const found = await this.options.store.find(models.map(({ id }) => id));
    return models.map(model => {
      const record = found.get(model.id);
      return {
        modelId: model.id,
        slug: model.slug,
        name: model.name,
        type: model.type,
        system: model.system,
        owner: model.owner,
        version: model.current?.number,
        complete: model.metadataComplete ?? true,
        problems: record?.problems ?? [],
        schemas: record?.schemas ?? [],
        checkedAt: record?.checkedAt,
      };
    });
  }
}

function isSame(one: ComplianceRecord, other: ComplianceRecord): boolean {
  const { checkedAt: _before, ...before } = one;
  const { checkedAt: _after, ...after } = other;
  return isDeepStrictEqual(before, after);
}

function asksForComplete(filter: string): boolean {
  const { where, filter: expression } = parseModelsQuery({ filter: [filter] });
  return (
    where.has('complete') ||
    (expression !== undefined && mentions(expression, 'complete'))
  );
}
