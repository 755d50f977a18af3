const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');

/** The bytes of a request as they go over a kept connection. */
export function requestBytes({ method = 'GET', path, headers, body, bytes }) {
  const content = bytes ?? (body === undefined ? '' : JSON.stringify(body));
  const all = {
    host: 'bench',
    ...(body !== undefined && { 'content-type': 'application/json' }),
    'content-length': Buffer.byteLength(content),
    ...headers,
  };
  const head = Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n`),
    Buffer.from(content),
  ]);
}

/**
 * The answer at the begin of these bytes, as soon as it is whole.
 *
 * @returns `{ status, body }`; undefined while some of it is still to come
 * @throws where an answer does not say where it ends, or more comes than one
 */
export function readAnswer(received) {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd === -1) return undefined;
  const head = received.latin1Slice(0, headEnd).toLowerCase();
  const status = Number(head.slice(9, 12));
  const begin = headEnd + HEAD_END.length;
  const at = head.indexOf('\r\ncontent-length:');
  if (at !== -1) {
    const end = begin + Number.parseInt(head.slice(at + 17), 10);
    if (received.length < end) return undefined;
    if (received.length > end) throw new Error('More came than one answer.');
    return { status, body: received.subarray(begin, end) };
  }
  if (!head.includes('\r\ntransfer-encoding: chunked'))
    throw new Error(`The answer does not say where it ends:\n${head}`);
  const chunks = [];
  for (let from = begin; ; ) {
    const line = received.indexOf(LINE_END, from);
    if (line === -1) return undefined;
    const size = Number.parseInt(received.latin1Slice(from, line), 16);
    const chunk = line + LINE_END.length;
    from = chunk + size + LINE_END.length;
    if (received.length < from) return undefined;
    if (size === 0) return { status, body: Buffer.concat(chunks) };
    chunks.push(received.subarray(chunk, chunk + size));
  }
}
