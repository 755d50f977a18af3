import { isDangerousImport } from '@model-platform/plugin-model-platform-common';

/**
 * What of the imports is on no list, or is what no model needs.
 *
 * @param modules - modules with all in them, or single names
 */
export function importsOutside(imports: string[], modules: string[]): string[] {
  return imports.filter(
    name =>
      !modules.some(one => name === one || name.startsWith(`${one}.`)) ||
      isDangerousImport(name),
  );
}
