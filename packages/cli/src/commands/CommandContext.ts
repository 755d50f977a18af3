import { ModelPlatformClient } from '@model-platform/plugin-model-platform-common';
import { Terminal } from '../output/Terminal';
import { Connection } from '../platform/resolveConnection';

/** What a command has in hand. */
export interface CommandContext {
  env: Record<string, string | undefined>;
  terminal: Terminal;
  signal: AbortSignal;
  /** Looked up when it is first asked for, so that `--help` and local checks need no platform. */
  connection: () => Connection;
  platform: () => ModelPlatformClient;
}
