import { FieldProblem } from '../types';

/** Among the files of a version: every Python package that it needs, pinned, with hashes. @public */
export const REQUIREMENTS_LOCK = 'requirements.lock';

/** A lock of a thousand packages is smaller. @public */
export const MAX_LOCK_BYTES = 1024 * 1024;

const MAX_PROBLEMS = 20;
const MAX_GIVEN = 200;
/** What installers take for the end of a line, or of a comment, or nobody sees. */
const ODD_LINE_END = /(?![\t\n])(?!\r\n)[\p{Cc}\p{Zl}\p{Zp}]/u;
/** Name, extras, exact version; its parts have single spaces between them. */
const PINNED = /^[A-Za-z0-9][\w.-]*( ?\[[\w., -]*\])? ?===? ?[\w.!+-]+ ?$/;
const HASH = /^--hash=sha(256|384|512):[0-9a-f]{64,128}$/;

/**
 * The file that says what a version of the Python runtime needs, where it has
 * one; one beside an `MLmodel` counts, too, but for estimators: what MLflow
 * needs for itself is in there, and they are served without it. @public
 */
export function requirementsFileOf(
  { runtime, flavor }: { runtime: unknown; flavor: unknown },
  paths: string[],
): string | undefined {
  const mlmodel = paths.find(path => /(^|\/)MLmodel$/.test(path));
  if (runtime !== 'python' || (mlmodel && flavor === 'sklearn'))
    return undefined;
  return [
    'requirements.txt',
    ...(mlmodel ? [mlmodel.replace(/MLmodel$/, 'requirements.txt')] : []),
    'pyproject.toml',
  ].find(name => paths.includes(name));
}

/** What in a lock is not pinned with a hash, by line. @public */
export function lockProblems(lock: string): FieldProblem[] {
  if (ODD_LINE_END.test(lock))
    return [
      {
        field: 'files',
        rule: `${REQUIREMENTS_LOCK} must be plain text, with lines that end in a line feed`,
        source: 'platform',
      },
    ];
  const problems: FieldProblem[] = [];
  let begin = 0;
  let whole = '';
  for (const [index, line] of lock.split(/\r?\n/).entries()) {
    if (!whole) begin = index + 1;
    const comment = line.search(/(^|\s)#/);
    const text = (comment === -1 ? line : line.slice(0, comment)).trim();
    const continues = text.endsWith('\\');
    whole += continues ? `${text.slice(0, -1)} ` : text;
    if (continues) continue;
    const requirement = whole.trim();
    whole = '';
    if (!requirement || isPinned(requirement)) continue;
    problems.push({
      field: 'files',
      rule: `${REQUIREMENTS_LOCK}, line ${begin}: ${ruleFor(requirement)}`,
      given: requirement.slice(0, MAX_GIVEN),
      example: 'six==1.17.0 --hash=sha256:4721f391…',
      source: 'platform',
    });
    if (problems.length === MAX_PROBLEMS) break;
  }
  return problems;
}

/** `name[extras]==version ; marker --hash=…`. In steps, each of which takes as long as the text is. */
function isPinned(requirement: string): boolean {
  const parts = requirement.split(/\s+/);
  const first = parts.findIndex(part => part.startsWith('--hash='));
  if (first === -1 || !parts.slice(first).every(part => HASH.test(part)))
    return false;
  const [named, ...marker] = parts.slice(0, first).join(' ').split(';');
  return PINNED.test(named) && !marker.join(';').includes('#');
}

function ruleFor(requirement: string): string {
  if (requirement.startsWith('-'))
    return 'options are not allowed, only packages';
  if (/@|:\/\//.test(requirement.replace(/--hash=\S+/g, '')))
    return 'comes from an address; only packages of the index, by name, are allowed';
  if (!/===?\s*[\w.!+-]+(\s|;|$)/.test(requirement))
    return 'is not pinned (name==version)';
  return 'needs the hashes of its wheels (--hash=sha256:…); uv pip compile --generate-hashes writes them';
}
