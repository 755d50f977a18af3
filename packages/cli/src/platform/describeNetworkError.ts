const explanations: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'no connection in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped coming',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is self-signed; give its CA with NODE_EXTRA_CA_CERTS',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its certificate is not trusted; give its CA with NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate is not trusted; give its CA with NODE_EXTRA_CA_CERTS',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'it does not speak TLS; is it http:// rather than https://?',
};

/** What went wrong on the network, in words, from the causes that `fetch` hides it in. */
export function describeNetworkError(error: unknown): string {
  const seen = new Set<unknown>();
  let message = 'unknown network error';
  let current = error;
  while (current instanceof Error && !seen.has(current)) {
    seen.add(current);
    if (current.name === 'TimeoutError') return 'no answer in time';
    const code = 'code' in current ? String(current.code) : '';
    if (explanations[code]) return explanations[code];
    if (current.message && current.message !== 'fetch failed')
      message = current.message;
    current =
      current instanceof AggregateError && current.errors.length
        ? current.errors[0]
        : current.cause;
  }
  return message;
}
