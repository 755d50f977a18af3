import {
  FieldProblem,
  toEntityRef,
  toSystemRef,
} from '@model-platform/plugin-model-platform-common';
import { EntityDirectory } from './EntityDirectory';
import { isText } from './isText';
import { sharedWithProblems } from './sharedWithProblems';

/** Where the catalog has not whom a model belongs to, or whom it is shared with. */
export async function placeProblems(
  model: Record<string, unknown>,
  directory: EntityDirectory,
): Promise<FieldProblem[]> {
  const problems: FieldProblem[] = [];
  if (isText(model.owner)) {
    const ref = toEntityRef(model.owner, 'group');
    if (!ref.startsWith('group:')) {
      problems.push({
        field: 'owner',
        rule: 'must be a group',
        given: model.owner,
        example: 'group:default/crm',
        source: 'platform',
      });
    } else if (!(await directory.has(ref))) {
      problems.push({
        field: 'owner',
        rule: 'there is no such group in the catalog',
        given: model.owner,
        example: 'group:default/crm',
        source: 'platform',
      });
    }
  }
  if (
    isText(model.system) &&
    !(await directory.has(toSystemRef(model.system)))
  ) {
    problems.push({
      field: 'system',
      rule: 'there is no such system in the catalog',
      given: model.system,
      example: 'customer-care',
      source: 'platform',
    });
  }
  if (Array.isArray(model.sharedWith) && model.sharedWith.length <= 100) {
    const refs = model.sharedWith
      .filter(isText)
      .map(ref => toEntityRef(ref, 'group'));
    problems.push(...(await sharedWithProblems(refs, directory)));
  }
  return problems;
}
