import fs from 'node:fs';
import path from 'node:path';
import { lineProblems } from './lineProblems';

const conformance = path.resolve(__dirname, '../../../../test/conformance');
const readJson = (name: string) =>
  JSON.parse(fs.readFileSync(path.join(conformance, name), 'utf8'));

interface Case {
  name: string;
  request: {
    path: string;
    secret?: string;
    body?: { inputs?: unknown };
    line?: Record<string, unknown>;
    without?: string[];
    parts?: Array<string | { repeat: string; times: number }>;
  };
  response: { status: number; body?: { error?: { fields?: unknown } } };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is no JSON has no line, and what is only refused no fields. */
function bodyOfParts(
  { parts }: Case['request'],
  { status, body }: Case['response'],
) {
  if (!parts || (status !== 200 && !body?.error?.fields)) return undefined;
  const text = parts.map(part =>
    typeof part === 'string' ? part : part.repeat.repeat(part.times),
  );
  return JSON.parse(text.join(''));
}

describe('lineProblems', () => {
  it.each([
    ['model.json', 'cases.json', 15],
    ['types.json', 'typeCases.json', 35],
    ['objects.json', 'objectCases.json', 5],
  ])('finds in lines for %s what runners find', (model, file, atLeast) => {
    const { signature, example } = readJson(model);
    const lines = (readJson(file) as Case[]).flatMap(
      ({ name, request, response }) => {
        const { path: route, secret, line, without = [] } = request;
        const body = request.body ?? bodyOfParts(request, response);
        const inputs = line
          ? Object.fromEntries(
              Object.entries({ ...example, ...line }).filter(
                ([key]) => !without.includes(key),
              ),
            )
          : body?.inputs;
        return route === '/predict' &&
          !secret &&
          isObject(inputs) &&
          (!body || Object.keys(body).length === 1)
          ? [{ name, inputs, response }]
          : [];
      },
    );
    expect(lines.length).toBeGreaterThan(atLeast);
    for (const { name, inputs, response } of lines) {
      expect({
        name,
        problems: lineProblems(signature, inputs, 'inputs'),
      }).toEqual({ name, problems: response.body?.error?.fields ?? [] });
    }
  });
});
