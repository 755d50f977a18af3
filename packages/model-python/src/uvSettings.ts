import { run } from './run';

/** Settings of pip that uv has too, by the variables it reads them from. */
const VARIABLES: Record<string, string> = {
  'index-url': 'UV_DEFAULT_INDEX',
  'extra-index-url': 'UV_INDEX',
  'find-links': 'UV_FIND_LINKS',
  cert: 'SSL_CERT_FILE',
  timeout: 'UV_HTTP_TIMEOUT',
  'default-timeout': 'UV_HTTP_TIMEOUT',
};

/** uv does not read pip's configuration, so it gets from where, and how, as its own variables. */
export async function uvSettings(
  python: string,
): Promise<Record<string, string>> {
  const listed = await run(python, ['-m', 'pip', 'config', 'list']).catch(
    () => '',
  );
  const variables: Record<string, string> = {};
  for (const line of listed.split('\n')) {
    const [, name, value] =
      /^(?:global|install|:env:)\.([\w.-]+)='(.*)'$/.exec(line) ?? [];
    if (name !== undefined && VARIABLES[name])
      variables[VARIABLES[name]] = value.replace(/\\n/g, ' ').trim();
  }
  return variables;
}
