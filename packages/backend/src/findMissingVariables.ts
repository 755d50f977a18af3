import fs from 'node:fs';

/**
 * Variables that configuration files name without a fallback (`${NAME}`) and
 * the environment lacks. Left alone, each would take its whole setting away,
 * and a default that nobody meant would stand in for it.
 *
 * @returns one sentence for each variable
 */
export function findMissingVariables(
  files: string[],
  environment: NodeJS.ProcessEnv,
): string[] {
  const missing = new Map<string, string>();
  for (const file of files) {
    const text = fs.readFileSync(file, 'utf8').replace(/(^|\s)#.*$/gm, '');
    for (const [, escaped, inside] of text.matchAll(/(\$?)\$\{([^{}]*)\}/g)) {
      const name = inside.trim();
      if (!escaped && !name.includes(':-') && !environment[name]) {
        missing.set(name, file);
      }
    }
  }
  return Array.from(
    missing,
    ([name, file]) =>
      `The environment variable ${name}, which ${file} uses, is not set.`,
  );
}
