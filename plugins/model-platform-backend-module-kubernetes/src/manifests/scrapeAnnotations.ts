import { EnvironmentSettings } from '../KubernetesSettings';
import { systemAnnotation } from './systemMarks';

/** Tells a Prometheus that looks for them where figures of a pod are, and whose; nothing where nobody may read them. */
export function scrapeAnnotations(
  { collector }: EnvironmentSettings,
  system: string,
  port: number,
): Record<string, string> {
  if (!collector) return {};
  return {
    ...systemAnnotation(system),
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': String(port),
    'prometheus.io/path': '/metrics',
  };
}
