import { AuthenticationError } from '@backstage/errors';
import { toSystemName } from '@model-platform/plugin-model-platform-common';
import { Request } from 'express';
import { CallerResolver } from '../../../access/CallerResolver';
import { MlflowCall } from '../MlflowCall';

export type CallOf = (req: Request) => Promise<MlflowCall>;

/**
 * Who calls: MLflow's clients send a bearer token, or user name and password
 * with the token as password. The workspace they may name is a system.
 */
export function callOf(callerResolver: CallerResolver): CallOf {
  return async req => {
    const workspace = req.get('x-mlflow-workspace')?.trim();
    const password = passwordOf(req.get('authorization'));
    return {
      caller:
        password === undefined
          ? await callerResolver.fromRequest(req)
          : await callerResolver.fromToken(password),
      system: workspace ? toSystemName(workspace) : undefined,
    };
  };
}

function passwordOf(header: string | undefined): string | undefined {
  const encoded = /^Basic[ ]+(\S+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const password = decoded.slice(decoded.indexOf(':') + 1).trim();
  if (!decoded.includes(':') || password === '') {
    throw new AuthenticationError(
      'The password is missing: it must be a token of the platform (MLFLOW_TRACKING_PASSWORD); the user name may be anything',
    );
  }
  return password;
}
