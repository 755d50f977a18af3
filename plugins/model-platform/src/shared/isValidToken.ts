/** Whether a token still opens anything. */
export function isValidToken(token: {
  revokedAt?: string;
  expiresAt?: string;
}): boolean {
  return (
    !token.revokedAt &&
    (!token.expiresAt || Date.parse(token.expiresAt) > Date.now())
  );
}
