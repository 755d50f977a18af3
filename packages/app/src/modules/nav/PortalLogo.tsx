import { sidebarConfig, useSidebarOpenState } from '@backstage/core-components';
import { configApiRef, useApi } from '@backstage/frontend-plugin-api';
import { Link, Text } from '@backstage/ui';

/** Sign and name of the portal, which lead to its first page. */
export function PortalLogo() {
  const { isOpen } = useSidebarOpenState();
  const title =
    useApi(configApiRef).getOptionalString('app.title') ?? 'Model Platform';
  return (
    <div
      style={{
        alignItems: 'center',
        display: 'flex',
        flexShrink: 0,
        height: 64,
        overflow: 'hidden',
        whiteSpace: 'nowrap',
      }}
    >
      <Link href="/" aria-label={title} standalone>
        <span style={{ alignItems: 'center', color: '#fff', display: 'flex' }}>
          <span
            style={{
              display: 'flex',
              justifyContent: 'center',
              width: sidebarConfig.drawerWidthClosed,
            }}
          >
            <svg width="28" height="28" viewBox="0 0 32 32" aria-hidden>
              <path
                d="M8 22V11l8-4 8 4v11l-8 4z M8 11l8 4 8-4 M16 15v11"
                fill="none"
                stroke="currentColor"
                strokeWidth="2"
                strokeLinejoin="round"
              />
            </svg>
          </span>
          {isOpen && (
            <Text variant="body-large" weight="bold" style={{ color: '#fff' }}>
              {title}
            </Text>
          )}
        </span>
      </Link>
    </div>
  );
}
