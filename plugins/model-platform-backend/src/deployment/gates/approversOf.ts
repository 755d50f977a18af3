import { RequestRecord } from './RequestStore';

/** The groups whose approval a request's gates ask for, each once. */
export function approversOf({
  gates,
  breaks,
}: Pick<RequestRecord, 'gates' | 'breaks'>): string[] {
  const asked = gates.flatMap(({ approval }) =>
    approval && (approval.of !== 'breaking' || breaks.length > 0)
      ? [approval.by]
      : [],
  );
  return [...new Set(asked)];
}
