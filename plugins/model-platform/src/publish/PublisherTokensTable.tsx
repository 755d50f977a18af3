import { CSSProperties, ReactNode } from 'react';
import { Text } from '@backstage/ui';
import { PublisherToken } from '@model-platform/plugin-model-platform-common';
import {
  nameOfRef,
  TimeAgo,
} from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';
import { grantInWords } from './grantInWords';

const cell: CSSProperties = {
  borderBottom: '1px solid var(--bui-border-1)',
  padding: 'var(--bui-space-1) var(--bui-space-3) var(--bui-space-1) 0',
  textAlign: 'left',
  verticalAlign: 'top',
};

/** Tokens with what they may do, until when, and when they were last used. */
export function PublisherTokensTable(props: {
  tokens: PublisherToken[];
  isValid: (token: PublisherToken) => boolean;
  onRevoke: (id: string) => Promise<void>;
}) {
  const { tokens, isValid, onRevoke } = props;
  return (
    <table
      aria-label="Tokens that publish"
      style={{
        borderCollapse: 'collapse',
        color: 'var(--bui-fg-primary)',
        fontSize: 'var(--bui-font-size-3)',
        width: '100%',
      }}
    >
      <thead>
        <tr>
          {['Token', 'May', 'Expires', 'Last used', 'Revoke'].map(title => (
            <th key={title} scope="col" style={cell}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {tokens.map(token => (
          <tr key={token.id}>
            <th scope="row" style={{ ...cell, fontWeight: 400 }}>
              {token.name}
              <Text as="div" variant="body-small" color="secondary">
                {isConfigured(token)
                  ? 'from the configuration'
                  : `made by ${nameOfRef(token.createdBy)}`}
              </Text>
            </th>
            <td style={cell}>
              {token.grants.map(grantInWords).map(words => (
                <div key={words}>{words}</div>
              ))}
            </td>
            <td style={cell}>{expiryOf(token)}</td>
            <td style={cell}>
              <TimeAgo at={token.lastUsedAt} />
            </td>
            <td style={cell}>
              {isValid(token) && !isConfigured(token) && (
                <ConfirmDialog
                  opens="Revoke"
                  variant="tertiary"
                  title={`Revoke the token ${token.name}?`}
                  does="Revoke"
                  isDestructive
                  asksReason={false}
                  onConfirm={() => onRevoke(token.id)}
                >
                  {() => (
                    <Text as="p">
                      At once every call with it is refused with 401. What it
                      published stays. It can't be undone; a new token can be
                      made.
                    </Text>
                  )}
                </ConfirmDialog>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function isConfigured(token: PublisherToken): boolean {
  return token.createdBy === 'configuration';
}

function expiryOf({ revokedAt, expiresAt }: PublisherToken): ReactNode {
  if (revokedAt) {
    return (
      <>
        revoked <TimeAgo at={revokedAt} />
      </>
    );
  }
  return <TimeAgo at={expiresAt} />;
}
