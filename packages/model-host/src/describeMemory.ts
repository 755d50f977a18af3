const UNITS = [
  ['Gi', 1024 ** 3],
  ['Mi', 1024 ** 2],
  ['Ki', 1024],
] as const;

/** As `resources.memory` has it, e.g. `512Mi`. */
export function describeMemory(bytes: number): string {
  for (const [unit, size] of UNITS) {
    if (bytes % size === 0) {
      return `${bytes / size}${unit}`;
    }
  }
  return String(bytes);
}
