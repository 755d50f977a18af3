import { configApiRef, useApi } from '@backstage/frontend-plugin-api';

/** Address of this portal's backend, as a command line uses it. */
export function usePortalUrl(): string {
  return useApi(configApiRef).getString('backend.baseUrl').replace(/\/+$/, '');
}
