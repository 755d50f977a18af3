import { z } from 'zod';

/**
 * `fetch.json` of a pod: which files a runner's folder shall have, and where
 * they are. What arrives with another digest is not used.
 */
export const fetchOrderSchema = z.object({
  formatVersion: z.literal(1),
  /**
   * The bucket that files are fetched from, instead of the URL: the environment
   * has the credentials, as the AWS SDK looks for them.
   */
  s3: z
    .object({
      bucket: z.string().min(1),
      region: z.string().min(1),
      /** Of a service that is not Amazon's. */
      endpoint: z.url({ protocol: /^https?$/ }).optional(),
      /** `<endpoint>/<bucket>` rather than `<bucket>.<endpoint>`. */
      forcePathStyle: z.boolean().optional(),
    })
    .optional(),
  /** A file is at this URL with its path behind it, each segment encoded. */
  url: z.url({ protocol: /^https?$/ }),
  files: z.array(
    z.object({
      /** Relative, `/`-separated. */
      path: z.string().min(1),
      /** `sha256:<64 hex>`. */
      digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
      sizeBytes: z.number().int().nonnegative(),
      /** Of its object; where there is `s3`. */
      key: z.string().optional(),
    }),
  ),
});
export type FetchOrder = z.infer<typeof fetchOrderSchema>;

/** The environment variables that the program which fetches is started with. */
export const fetchEnvironmentSchema = z.object({
  /** With `fetch.json`, and files that the runner's folder shall have as they are. */
  DOCUMENTS_DIR: z.string().min(1),
  /** What the environment says to the model: the runner's folder links to its files, which may change. */
  SETTINGS_DIR: z.string().min(1),
  /** The runner's folder; empty, or as a fetch before left it. */
  MODEL_DIR: z.string().min(1),
  /** Bearer token for the URL, read anew for each request; none where absent. */
  TOKEN_FILE: z.string().optional(),
});
export type FetchEnvironment = z.infer<typeof fetchEnvironmentSchema>;
