import {
  FieldProblem,
  publishedSignature,
  ResolvedVariant,
  Signature,
  SignatureBreak,
  signatureBreaks,
} from '@model-platform/plugin-model-platform-common';
import { DeployableModels } from '../models/DeployableModels';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { DeploymentProblemsError } from '../spec/DeploymentProblemsError';
import { problem } from '../spec/problem';

type Signed = ResolvedVariant & { signature: Signature };

/**
 * Applications call an endpoint by the one signature that it publishes: every
 * variant takes it, and a new revision keeps what the one before promised.
 */
export class SignatureCheck {
  constructor(
    private readonly options: {
      store: DeploymentStore;
      models: DeployableModels;
    },
  ) {}

  /**
   * Variants that do not take the calls which their endpoint publishes.
   *
   * @param field - of the variant of an index, in what was applied
   */
  async variantProblems(
    variants: ResolvedVariant[],
    field: (index: number) => string,
  ): Promise<FieldProblem[]> {
    const { published, breaks } = publishedSignature(
      await this.signed(variants),
    );
    return breaks.map(({ variant, field: signatureField, rule }) =>
      problem(
        field(variants.findIndex(({ name }) => name === variant)),
        `${signatureField} ${rule}, unlike in the variant ${published?.name}; all variants take the one signature that the endpoint publishes`,
        signatureField,
      ),
    );
  }

  /** How a revision would break what the endpoint publishes; nothing where it has never served. */
  async breaks(
    deployment: DeploymentRecord | undefined,
    variants: ResolvedVariant[],
  ): Promise<SignatureBreak[]> {
    const served = deployment && (await this.served(deployment));
    if (!served) return [];
    const [before, after] = await Promise.all([
      this.published(served),
      this.published(variants),
    ]);
    return before && after
      ? signatureBreaks(before.signature, after.signature)
      : [];
  }

  /** Throws `DeploymentProblemsError` where they break what the endpoint publishes. */
  async requireCompatible(
    deployment: DeploymentRecord,
    variants: ResolvedVariant[],
  ): Promise<void> {
    const breaks = await this.breaks(deployment, variants);
    if (breaks.length > 0) {
      throw new DeploymentProblemsError(deployment.name, breakProblems(breaks));
    }
  }

  /** Variants of the revision that serves, or served last. */
  private async served({
    id,
    servingRevision,
  }: DeploymentRecord): Promise<ResolvedVariant[] | undefined> {
    const { store } = this.options;
    const revision =
      servingRevision === undefined
        ? await store.revisions.lastServed(id)
        : await store.revisions.get(id, servingRevision);
    return revision?.variants;
  }

  private async published(
    variants: ResolvedVariant[],
  ): Promise<Signed | undefined> {
    return publishedSignature(await this.signed(variants)).published;
  }

  /** Without versions that are gone. */
  private async signed(variants: ResolvedVariant[]): Promise<Signed[]> {
    const signed: Signed[] = [];
    for (const variant of variants) {
      const version = await this.options.models.version(
        variant.modelId,
        variant.version,
      );
      if (version) signed.push({ ...variant, signature: version.signature });
    }
    return signed;
  }
}

/** What is to be said of a revision that breaks what the endpoint serves. */
export function breakProblems(breaks: SignatureBreak[]): FieldProblem[] {
  return breaks.map(({ field, rule }) =>
    problem(
      `signature.${field}`,
      `${rule}, unlike what the endpoint serves; publish a compatible version, or allow it (allowBreaking: true)`,
    ),
  );
}
