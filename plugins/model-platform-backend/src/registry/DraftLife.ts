import { VersionRecord, VersionStore } from './VersionStore';

/** As fine as the end of a draft is kept: a write for each of its files would be dear. */
const RESOLUTION = 1 / 24;

/** How long drafts live: some time after they were last touched. */
export class DraftLife {
  constructor(
    private readonly options: {
      versions: VersionStore;
      draftLifeMs: number;
      now: () => Date;
    },
  ) {}

  /** The end of a draft that is touched now. */
  expiry(): string {
    const { now, draftLifeMs } = this.options;
    return new Date(now().getTime() + draftLifeMs).toISOString();
  }

  /** Keeps alive a draft that somebody comes to; one that was touched a moment ago is left as it is. */
  async extend({ version }: VersionRecord): Promise<void> {
    const { now, draftLifeMs, versions } = this.options;
    const leftMs = Date.parse(version.expiresAt ?? '') - now().getTime();
    if (leftMs > draftLifeMs * (1 - RESOLUTION)) return;
    await versions.extendDraft(version.id, this.expiry());
  }
}
