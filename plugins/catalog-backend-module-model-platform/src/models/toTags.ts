const TAG = /^[a-z0-9:+#]+(-[a-z0-9:+#]+)*$/;

/** Those of the tags that the catalog can take, spelled as it wants them; one bad tag would drop the whole entity. */
export function toTags(tags: string[]): string[] {
  const spelled = tags.map(tag =>
    tag
      .trim()
      .toLocaleLowerCase('en-US')
      .replace(/[\s_./-]+/g, '-'),
  );
  return [...new Set(spelled)]
    .filter(tag => tag.length <= 63 && TAG.test(tag))
    .sort();
}
