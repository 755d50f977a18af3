/** Why a name is none for a model, by MLflow's rules; undefined where it is one. */
export function modelNameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'must not be empty';
  if (name !== name.trim()) return 'must not begin or end with a blank';
  if (name.length > 255) return 'must have at most 255 characters';
  if (/\p{Cc}/u.test(name)) return 'must not have control characters';
  if (name === '.' || name === '..') return 'must not be . or ..';
  if (/^model:/i.test(name))
    return 'must not begin with model:, which entity refs do';
  return undefined;
}
