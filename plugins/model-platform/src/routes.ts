import { createRouteRef } from '@backstage/frontend-plugin-api';

export const rootRouteRef = createRouteRef();
export const modelsRouteRef = createRouteRef();
export const kpisRouteRef = createRouteRef();
export const publishRouteRef = createRouteRef();
export const deploymentsRouteRef = createRouteRef();
export const webhooksRouteRef = createRouteRef();
export const approvalsRouteRef = createRouteRef();
