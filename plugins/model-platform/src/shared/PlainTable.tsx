import { CSSProperties, ReactNode } from 'react';
import { VisuallyHidden } from '@backstage/ui';

const cell: CSSProperties = {
  borderBottom: '1px solid var(--bui-border-1)',
  // Digests and addresses may break; short words need not.
  minWidth: '12ch',
  overflowWrap: 'anywhere',
  padding: 'var(--bui-space-1) var(--bui-space-3) var(--bui-space-1) 0',
  textAlign: 'left',
  verticalAlign: 'top',
};

/** A table of texts; the first column names the row. */
export function PlainTable(props: {
  caption: string;
  head: string[];
  rows: Array<{ key: string; cells: ReactNode[] }>;
}) {
  const { caption, head, rows } = props;
  return (
    <table
      style={{
        borderCollapse: 'collapse',
        color: 'var(--bui-fg-primary)',
        fontSize: 'var(--bui-font-size-3)',
        width: '100%',
      }}
    >
      <caption>
        <VisuallyHidden>{caption}</VisuallyHidden>
      </caption>
      <thead>
        <tr>
          {head.map(title => (
            <th key={title} scope="col" style={cell}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells: [name, ...others] }) => (
          <tr key={key}>
            <th scope="row" style={{ ...cell, fontWeight: 400 }}>
              {name}
            </th>
            {others.map((value, index) => (
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
