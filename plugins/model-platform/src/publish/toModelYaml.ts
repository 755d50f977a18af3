import { MetadataField } from './mandatoryFieldsOf';

type Tree = { [name: string]: Tree | MetadataField };

const isField = (node: Tree | MetadataField): node is MetadataField =>
  typeof node.path === 'string';

/** A `model.yaml` to start from: the mandatory fields with their examples. */
export function toModelYaml(type: string, fields: MetadataField[]): string {
  const tree: Tree = {};
  for (const field of fields) {
    if (!field.isRequired) continue;
    let node = tree;
    const names = field.path.split('.');
    for (const name of names.slice(0, -1)) {
      const next = node[name];
      node = node[name] = next && !isField(next) ? next : {};
    }
    node[names[names.length - 1]] = field;
  }
  return [
    'name: my-model',
    `type: ${type}`,
    'owner: group:default/<your group>',
    'system: <your system>',
    'description: <one sentence>',
    'metadata:',
    ...toLines(tree, 1),
    'signature:',
    '  inputs:',
    '    - { name: length, type: number, unit: cm, example: 5.1 }',
    '  outputs:',
    '    - { name: kind, type: string }',
  ].join('\n');
}

function toLines(tree: Tree, depth: number): string[] {
  const indent = '  '.repeat(depth);
  return Object.entries(tree).flatMap(([name, node]) =>
    isField(node)
      ? [
          `${indent}${name}: ${toYamlValue(node.example)}${
            node.values ? ` # ${node.values.join(' | ')}` : ''
          }`,
        ]
      : [`${indent}${name}:`, ...toLines(node, depth + 1)],
  );
}

/** Words stay as they are where YAML reads them as words; all else is JSON, which is YAML. */
function toYamlValue(value: unknown): string {
  if (value === undefined) return "''";
  if (typeof value === 'string' && /^[A-Za-z][\w ,.-]*$/.test(value)) {
    return /^(true|false|null|yes|no|on|off|y|n)$/i.test(value)
      ? JSON.stringify(value)
      : value;
  }
  return JSON.stringify(value);
}
