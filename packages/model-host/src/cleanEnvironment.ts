/** All of our own environment that a child gets to see. */
export function cleanEnvironment(): Record<string, string> {
  const clean: Record<string, string> = {};
  for (const name of ['PATH', 'LANG', 'TZ']) {
    const value = process.env[name];
    if (value !== undefined) {
      clean[name] = value;
    }
  }
  return clean;
}
