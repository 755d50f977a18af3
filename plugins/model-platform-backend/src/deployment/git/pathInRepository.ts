const REPOSITORY = '^/[^/]+/[^/]+';
/** Beside a branch of this name Git has none that goes on behind a slash. */
const USUAL_REF = '(?:main|master|HEAD|[0-9a-f]{40})';

/** Paths of addresses that say for sure where the path of the file begins. */
const FORMS = [
  // GitLab and Gitea are asked for the branch up to the first slash.
  '/-/blob/[^/]+/(.+)$',
  `${REPOSITORY}/src/(?:branch|tag|commit)/[^/]+/(.+)$`,
  // Bitbucket Server has the branch in the query.
  '^/(?:projects|users)/[^/]+/repos/[^/]+/(?:browse|raw)/(.+)$',
  // GitHub and Bitbucket Cloud: `feature/x/d.yaml` may be `x/d.yaml` of the
  // branch `feature`, or `d.yaml` of `feature/x`.
  `${REPOSITORY}/(?:blob|tree|raw|src)/[^/]+/([^/]+)$`,
  `${REPOSITORY}/(?:blob|tree|raw|src)/${USUAL_REF}/(.+)$`,
].map(form => new RegExp(form));

/**
 * Of a file in its repository, by the addresses that Git hosts use; nothing
 * where the address does not say it for sure.
 */
export function pathInRepository(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { pathname, searchParams } = new URL(address);
  const path = pathname.includes('/_git/')
    ? searchParams.get('path')?.replace(/^\//, '')
    : decoded(FORMS.flatMap(form => form.exec(pathname)?.[1] ?? [])[0]);
  return path && isPlain(path) ? path : undefined;
}

function decoded(path = ''): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Names one file, on one line. */
function isPlain(path: string): boolean {
  return (
    !/\p{Cc}/u.test(path) &&
    path.split('/').every(part => !['', '.', '..'].includes(part))
  );
}
