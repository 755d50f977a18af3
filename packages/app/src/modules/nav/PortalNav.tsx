import {
  Sidebar,
  SidebarDivider,
  SidebarGroup,
  SidebarItem,
  SidebarScrollWrapper,
  SidebarSpace,
} from '@backstage/core-components';
import { NavContentComponentProps } from '@backstage/plugin-app-react';
import { NotificationsSidebarItem } from '@backstage/plugin-notifications';
import { RiMenuLine } from '@remixicon/react';
import { PortalLogo } from './PortalLogo';

/** Models first; what else is installed follows in its own order, settings last. */
export function PortalNav({ navItems }: NavContentComponentProps) {
  const nav = navItems.withComponent(item => (
    <SidebarItem icon={() => item.icon} to={item.href} text={item.title} />
  ));
  return (
    <Sidebar>
      <PortalLogo />
      <SidebarDivider />
      <SidebarGroup label="Menu" icon={<RiMenuLine />}>
        {nav.take('page:model-platform')}
        {nav.take('page:catalog')}
        {nav.take('page:scaffolder')}
        {nav.take('page:search')}
        <SidebarDivider />
        <SidebarScrollWrapper>
          {nav.rest({ sortBy: 'title' })}
        </SidebarScrollWrapper>
      </SidebarGroup>
      <SidebarSpace />
      <SidebarDivider />
      {nav.take('page:notifications') && <NotificationsSidebarItem />}
      {nav.take('page:user-settings')}
    </Sidebar>
  );
}
