import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** The places of the host in the data folder. */
export class DataFolder {
  readonly dataDir: string;
  readonly host: string;
  readonly logs: string;
  readonly runnerLogs: string;
  readonly scratch: string;

  constructor(dataDir: string) {
    this.dataDir = dataDir;
    this.host = join(dataDir, 'host');
    this.logs = join(dataDir, 'logs');
    this.runnerLogs = join(this.logs, 'runners');
    this.scratch = join(this.host, 'scratch');
    for (const folder of [
      dataDir,
      this.host,
      this.logs,
      this.runnerLogs,
      this.scratch,
      this.runnerRoot,
    ]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
  }

  /** Where runners' own file trees are put together; always empty to everybody else. */
  get runnerRoot(): string {
    return join(this.host, 'root');
  }

  /** Which user the runners of each system are. */
  get userIdsFile(): string {
    return join(this.host, 'user-ids.json');
  }

  get addressFile(): string {
    return join(this.host, 'host.json');
  }

  get lockFile(): string {
    return join(this.host, 'host.lock');
  }

  get planFile(): string {
    return join(this.host, 'plan.json');
  }

  get stateFile(): string {
    return join(this.host, 'state.json');
  }

  get requestIdKeyFile(): string {
    return join(this.host, 'request-id.json');
  }

  /** Of what waiting processes hand to their callers. */
  get sealKeyFile(): string {
    return join(this.host, 'seal.json');
  }

  get gatewayLog(): string {
    return join(this.logs, 'gateway.jsonl');
  }

  runnerLog(id: string): string {
    return join(this.runnerLogs, `${id}.jsonl`);
  }
}
