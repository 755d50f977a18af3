import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
} from 'yaml';

/**
 * Line of a YAML text, from 1, that has a field such as
 * `spec.variants[0].weight`, or else what it is missing in. @public
 */
export function lineOfField(text: string, field: string): number | undefined {
  const lines = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter: lines });
  let node: unknown = contents;
  let at: number | undefined;
  for (const step of field.match(/[^.[\]]+/g) ?? []) {
    const place = stepInto(node, step);
    if (!place) break;
    ({ at, node } = place);
  }
  return at === undefined ? undefined : lines.linePos(at).line;
}

function stepInto(
  node: unknown,
  step: string,
): { at?: number; node: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(
      ({ key }) => isScalar(key) && String(key.value) === step,
    );
    return (
      pair && {
        at: isNode(pair.key) ? pair.key.range?.[0] : undefined,
        node: pair.value,
      }
    );
  }
  const item = isSeq(node) ? node.items[Number(step)] : undefined;
  return isNode(item) ? { at: item.range?.[0], node: item } : undefined;
}
