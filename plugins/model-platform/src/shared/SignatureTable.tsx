import { CSSProperties } from 'react';
import {
  Signature,
  SignatureField,
} from '@model-platform/plugin-model-platform-common';

const cell: CSSProperties = {
  borderBottom: '1px solid var(--bui-border-1)',
  padding: 'var(--bui-space-1) var(--bui-space-3) var(--bui-space-1) 0',
  textAlign: 'left',
  verticalAlign: 'top',
};

/** Names, types, bounds and meaning of what goes in and comes out. */
export function SignatureTable(props: { signature: Signature }) {
  const { inputs, outputs } = props.signature;
  return (
    <table
      style={{
        borderCollapse: 'collapse',
        color: 'var(--bui-fg-primary)',
        fontSize: 'var(--bui-font-size-3)',
        width: '100%',
      }}
    >
      <thead>
        <tr>
          {['', 'Name', 'Type', 'Meaning'].map(title => (
            <th key={title} scope="col" style={cell}>
              {title || 'Direction'}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rowsOf(inputs, 'in')}
        {rowsOf(outputs, 'out')}
      </tbody>
    </table>
  );
}

function rowsOf(fields: SignatureField[], direction: string) {
  return fields.map(field => (
    <tr key={`${direction} ${field.name}`}>
      <td style={cell}>{direction}</td>
      <th scope="row" style={{ ...cell, fontWeight: 400 }}>
        <code>{field.name}</code>
      </th>
      <td style={cell}>{typeOf(field)}</td>
      <td style={cell}>{meaningOf(field)}</td>
    </tr>
  ));
}

function typeOf({ type, shape, optional }: SignatureField): string {
  const dimensions = shape?.map(size => (size < 0 ? 'any' : size)).join(' × ');
  return `${type}${dimensions ? ` [${dimensions}]` : ''}${
    optional ? ', optional' : ''
  }`;
}

function meaningOf(field: SignatureField): string {
  const bounds = [
    field.minimum !== undefined && `from ${field.minimum}`,
    field.maximum !== undefined && `to ${field.maximum}`,
  ].filter(Boolean);
  return [
    field.description,
    field.unit && `in ${field.unit}`,
    bounds.join(' '),
    field.enum && `one of ${field.enum.join(', ')}`,
    field.default !== undefined && `else ${JSON.stringify(field.default)}`,
  ]
    .filter(Boolean)
    .join('; ');
}
