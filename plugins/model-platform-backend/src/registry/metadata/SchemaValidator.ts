import { InputError, stringifyError } from '@backstage/errors';
import {
  FieldProblem,
  toEntityRef,
} from '@model-platform/plugin-model-platform-common';
import { ErrorObject, ValidateFunction } from 'ajv';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { isEntityRef, isSpdx, isUrl } from './formats';
import { PLATFORM, SchemaPart, sourceOf } from './MetadataSchema';
import { toFieldProblems } from './toFieldProblems';

/** Each is a question to the catalog. */
const MAX_REFS = 500;
/** More of one schema helps nobody who mends them. */
const MAX_ERRORS = 200;
const MAX_METADATA_BYTES = 256 * 1024;

/** Answers whether an entity is in the catalog. */
export type HasEntity = (entityRef: string) => Promise<boolean>;

/**
 * Checks metadata against schemas. Whether an entity is there is the catalog's
 * answer, which takes time, and a validator takes none: so refs are gathered
 * in one run, asked for, and known in the next.
 */
export class SchemaValidator {
  private readonly compiled = new Map<SchemaPart, ValidateFunction>();
  /** Refs of the run in hand. */
  private met = new Set<string>();
  /** Refs that the catalog does not know, in the run in hand. */
  private absent = new Set<string>();

  /** Throws `InputError` where it is no schema, or one with a format that nobody knows. */
  add(part: SchemaPart): void {
    const warnings: string[] = [];
    try {
      this.compiled.set(part, this.compilerOf(warnings).compile(part.schema));
    } catch (error) {
      warnings.push(stringifyError(error));
    }
    if (warnings.length > 0) {
      throw new InputError(
        `The metadata schema ${part.name} is not valid: ${warnings.join('; ')}`,
      );
    }
  }

  /** Every broken rule of all parts, each once. */
  async check(
    parts: SchemaPart[],
    metadata: unknown,
    hasEntity: HasEntity,
  ): Promise<FieldProblem[]> {
    if (
      Buffer.byteLength(JSON.stringify(metadata) ?? '') > MAX_METADATA_BYTES
    ) {
      return [
        {
          field: 'metadata',
          rule: `must be at most ${MAX_METADATA_BYTES} bytes as JSON; what is larger belongs into a file`,
          source: PLATFORM,
        },
      ];
    }
    const first = this.run(parts, metadata, new Set());
    if (first.refs.size > MAX_REFS) {
      return [
        {
          field: 'metadata',
          rule: `must name at most ${MAX_REFS} entities`,
          source: PLATFORM,
        },
      ];
    }
    const absent = new Set<string>();
    for (const ref of first.refs) {
      if (!(await hasEntity(ref))) absent.add(ref);
    }
    const { errors } = absent.size ? this.run(parts, metadata, absent) : first;
    const problems = new Map<string, FieldProblem>();
    for (const { part, found } of errors) {
      const source = sourceOf(part);
      const told = toFieldProblems(
        found.slice(0, MAX_ERRORS),
        source,
        part.schema,
      );
      if (found.length > MAX_ERRORS) {
        const rule = `has ${found.length} errors; the first ${MAX_ERRORS} are told`;
        told.push({ field: 'metadata', rule, source });
      }
      for (const problem of told) {
        const key = JSON.stringify([problem.field, problem.rule]);
        if (!problems.has(key)) problems.set(key, problem);
      }
    }
    return [...problems.values()];
  }

  /** One for each schema: two may have the same `$id`. */
  private compilerOf(warnings: string[]): Ajv2020 {
    const warn = (message: unknown) => warnings.push(String(message));
    const ajv = addFormats(
      new Ajv2020({
        allErrors: true,
        verbose: true,
        strict: false,
        allowUnionTypes: true,
        logger: { log: () => undefined, warn, error: warn },
      }),
    );
    return ajv
      .addFormat('spdx', isSpdx)
      .addFormat('entity-ref', value => this.meet(value))
      .addFormat('data-source', value => isUrl(value) || this.meet(value));
  }

  private run(
    parts: SchemaPart[],
    metadata: unknown,
    absent: Set<string>,
  ): {
    refs: Set<string>;
    errors: Array<{ part: SchemaPart; found: ErrorObject[] }>;
  } {
    this.met = new Set();
    this.absent = absent;
    const errors = parts.flatMap(part => {
      const validate = this.compiled.get(part);
      return !validate || validate(metadata)
        ? []
        : [{ part, found: [...(validate.errors ?? [])] }];
    });
    return { refs: this.met, errors };
  }

  private meet(value: string): boolean {
    if (!isEntityRef(value)) return false;
    const ref = toEntityRef(value, 'component');
    this.met.add(ref);
    return !this.absent.has(ref);
  }
}
