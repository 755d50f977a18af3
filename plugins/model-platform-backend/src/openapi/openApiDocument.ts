/** The control plane's API. */
export const openApiDocument = {
  openapi: '3.1.0',
  info: { title: 'model-platform', version: '1' },
  paths: {},
};
