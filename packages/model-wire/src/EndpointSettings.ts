import { z } from 'zod';

/** What a developer's endpoint code is told by the environment that it runs in. */
export const endpointSettingsSchema = z.strictObject({
  configuration: z.record(z.string(), z.unknown()).default({}),
  /** By name; never logged, never part of a version. */
  secrets: z.record(z.string(), z.string()).default({}),
});

export type EndpointSettings = z.infer<typeof endpointSettingsSchema>;

/**
 * File of a runner's directory, beside `model.json`, for versions with endpoint
 * code alone: {@link EndpointSettings} as JSON, readable by the runner only.
 * Absent where the environment says nothing.
 */
export const ENDPOINT_SETTINGS_FILE = 'endpoint-settings.json';
