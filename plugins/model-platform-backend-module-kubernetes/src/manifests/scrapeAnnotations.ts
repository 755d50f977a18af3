import { EnvironmentSettings } from '../KubernetesSettings';

/** Tells a Prometheus that looks for them where figures of a pod are; nothing where nobody may read them. */
export function scrapeAnnotations(
  { collector }: EnvironmentSettings,
  port: number,
): { annotations?: Record<string, string> } {
  if (!collector) return {};
  return {
    annotations: {
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': String(port),
      'prometheus.io/path': '/metrics',
    },
  };
}
