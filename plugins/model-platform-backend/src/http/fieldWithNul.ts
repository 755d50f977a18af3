/** Nearest field with NUL in its name or text. Without recursion: bodies may be nested deeper than the stack is. */
export function fieldWithNul(body: unknown): string | undefined {
  const left: Array<{ field: string; value: unknown }> = [
    { field: 'body', value: body },
  ];
  for (let next = left.pop(); next; next = left.pop()) {
    const { field, value } = next;
    if (typeof value === 'string') {
      if (value.includes('\0')) return field;
    } else if (Array.isArray(value)) {
      for (const item of value) left.push({ field, value: item });
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value)) {
        if (name.includes('\0')) return `the name of a field of ${field}`;
        left.push({ field: name, value: item });
      }
    }
  }
  return undefined;
}
