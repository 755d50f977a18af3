/**
 * True for host names that always mean this machine, with or without a port:
 * `localhost`, `127.0.0.0/8`, `[::1]`. Other names may be pointed at loopback
 * by anybody who runs a name server.
 *
 * @public
 */
export function isLoopbackHost(host: string): boolean {
  const given = host.trim().toLocaleLowerCase('en-US');
  const name = given === '::1' ? given : given.replace(/:\d+$/, '');
  if (name === 'localhost' || name === '::1' || name === '[::1]') return true;
  const parts = name.split('.');
  return (
    parts.length === 4 &&
    parts[0] === '127' &&
    parts.every(part => /^\d{1,3}$/.test(part) && Number(part) <= 255)
  );
}
