import { CSSProperties } from 'react';
import { VisuallyHidden } from '@backstage/ui';

const cell: CSSProperties = {
  padding: 'var(--bui-space-1) var(--bui-space-3)',
  borderBottom: '1px solid var(--bui-border-1)',
  textAlign: 'right',
  fontVariantNumeric: 'tabular-nums',
};
const first: CSSProperties = { ...cell, textAlign: 'left', fontWeight: 400 };

interface DataTableProps {
  caption: string;
  head: string[];
  rows: string[][];
}

/** Plain figures; the first column names the row. */
export function DataTable({ caption, head, rows }: DataTableProps) {
  return (
    <table
      style={{
        width: '100%',
        borderCollapse: 'collapse',
        fontSize: 'var(--bui-font-size-2)',
        color: 'var(--bui-fg-primary)',
      }}
    >
      <caption>
        <VisuallyHidden>{caption}</VisuallyHidden>
      </caption>
      <thead>
        <tr>
          {head.map((title, index) => (
            <th key={title} scope="col" style={index ? cell : first}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, ...values]) => (
          <tr key={name}>
            <th scope="row" style={first}>
              {name}
            </th>
            {values.map((value, index) => (
              <td key={head[index + 1]} style={cell}>
                {value}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
