/** What reaches indexes, and finds programs and caches; nothing of the platform's own. */
const PASSED_ON =
  /^(PATH|HOME|TMPDIR|LANG|LC_\w+|XDG_\w+|UV_\w+|SSL_CERT_(FILE|DIR)|NETRC|(HTTPS?|ALL|NO)_PROXY)$/i;

/** All that a program sees that installs what others name. */
export function installEnvironment(
  environment: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => PASSED_ON.test(name)),
  );
}
