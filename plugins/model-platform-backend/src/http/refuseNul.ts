import { InputError } from '@backstage/errors';
import { RequestHandler } from 'express';

/** Refuses addresses with the character NUL: no name has it, and PostgreSQL takes no text with it. */
export const refuseNul: RequestHandler = (req, _res, next) => {
  next(
    /%00/.test(req.url)
      ? new InputError(
          'The address has the character NUL (%00), which nothing here has in its name',
        )
      : undefined,
  );
};
