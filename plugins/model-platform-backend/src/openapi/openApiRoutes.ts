import { Router } from 'express';
import { openApiDocument } from './openApiDocument';

/** What the API is; no sign-in needed. */
export function openApiRoutes(): Router {
  const router = Router();
  router.get('/openapi.json', (_req, res) => {
    res.json(openApiDocument);
  });
  return router;
}
