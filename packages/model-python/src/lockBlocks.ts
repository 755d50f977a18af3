/** A lock's blocks by the normalized names of their packages; comments of their own belong to none. */
export function lockBlocks(
  lock: string,
): Array<{ name: string; text: string }> {
  const blocks: Array<{ name: string; text: string }> = [];
  for (const line of lock.split(/\r?\n/)) {
    const [, name] = /^([A-Za-z0-9][\w.-]*)/.exec(line) ?? [];
    if (name)
      blocks.push({
        name: name.toLowerCase().replace(/[-_.]+/g, '-'),
        text: line,
      });
    else if (blocks.length && /^\s+\S/.test(line))
      blocks[blocks.length - 1].text += `\n${line}`;
  }
  return blocks;
}
