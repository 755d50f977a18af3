import { RequestHandler } from 'express';
import { isLoopbackHost } from './isLoopbackHost';

/**
 * Refuses requests that name another host than this machine. A page of any
 * web site can point its own name at 127.0.0.1 and then talk to us from the
 * browser (DNS rebinding); the `Host` header gives it away.
 *
 * @public
 */
export function loopbackOnly(): RequestHandler {
  return (req, res, next) => {
    if (isLoopbackHost(req.headers.host ?? '')) {
      next();
      return;
    }
    res.status(421).json({
      error: {
        name: 'MisdirectedRequestError',
        message:
          'This platform runs for one machine and answers only to localhost, 127.0.0.1 and [::1]. Configure backend.listen and a real sign-in to serve others.',
      },
    });
  };
}
