import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WireSignatureField } from '@model-platform/model-wire';
import { readPromptFile } from './PromptFile';
import { PromptTemplate } from './PromptTemplate';

const inputs: WireSignatureField[] = [
  { name: 'plant', type: 'string' },
  { name: 'plant.origin', type: 'string' },
  { name: 'days', type: 'integer', optional: true },
  { name: 'indoor', type: 'boolean', optional: true },
  { name: 'symptoms', type: 'string', shape: [-1], optional: true },
  { name: 'care', type: 'object', optional: true },
  { name: 'history', type: 'object', shape: [-1], optional: true },
];

const render = (
  content: string,
  row: Record<string, unknown>,
  partials: Record<string, string> = {},
) =>
  new PromptTemplate(
    { messages: [{ role: 'user', content }], partials },
    inputs,
  ).render(row)[0]?.content;

describe('a prompt template', () => {
  it.each([
    ['{{ plant }}, {{plant}}', { plant: 'fern' }, 'fern, fern'],
    [
      '{{plant}} {{{plant}}} {{&plant}}',
      { plant: `<a & "b">` },
      `<a & "b"> `.repeat(3).trim(),
    ],
    ['{{plant.origin}}', { 'plant.origin': 'Peru' }, 'Peru'],
    ['{{days}} days', { days: 0 }, '0 days'],
    ['[{{days}}{{indoor}}]', { days: null }, '[]'],
    [
      '{{#indoor}}in{{/indoor}}{{^indoor}}out{{/indoor}}',
      { indoor: true },
      'in',
    ],
    [
      '{{#indoor}}in{{/indoor}}{{^indoor}}out{{/indoor}}',
      { indoor: null },
      'out',
    ],
    [
      'Seen:\n{{#symptoms}}\n- {{.}}\n{{/symptoms}}\n',
      { symptoms: ['spots', 'rot'] },
      'Seen:\n- spots\n- rot\n',
    ],
    [
      '{{care.water.every}} {{#care}}{{light}}{{/care}}',
      { care: { light: 'shade', water: { every: 7 } } },
      '7 shade',
    ],
    ['{{care}}', { care: { light: 'shade' } }, '{"light":"shade"}'],
    [
      '{{#history}}{{day}}: {{what}} ({{plant}}); {{/history}}',
      { plant: 'fern', history: [{ day: 1, what: 'cut' }] },
      '1: cut (fern); ',
    ],
  ])('renders %s', (template, row, expected) => {
    expect(render(template, row)).toBe(expected);
  });

  it('renders partials, with what is seen where they stand', () => {
    expect(
      render(
        '{{>greeting}}{{#history}}\n{{>line}}\n{{/history}}',
        { plant: 'fern', history: [{ day: 1 }, { day: 2 }] },
        { greeting: 'About {{plant}}:', line: '  - {{day}}\n' },
      ),
    ).toBe('About fern:  - 1\n  - 2\n');
  });

  it('takes nothing of a value for a template, and nothing that a value inherits', () => {
    expect(
      render(
        '{{plant}}{{#care}}{{constructor}}{{toString}}{{__proto__}}{{/care}}{{care.constructor.name}}',
        {
          plant: '{{days}}{{>x}}',
          care: { light: 'x' },
          days: 3,
        },
      ),
    ).toBe('{{days}}{{>x}}');
    expect(
      render(
        '{{plant}}',
        JSON.parse('{"__proto__": {"plant": "x"}, "days": 1}'),
      ),
    ).toBe(undefined);
  });

  it('leaves out messages that are empty', () => {
    const template = new PromptTemplate(
      {
        messages: [
          { role: 'system', content: '{{#indoor}}Indoors.{{/indoor}}' },
          { role: 'user', content: 'How is {{plant}}?' },
        ],
        partials: {},
      },
      inputs,
    );
    expect(template.render({ plant: 'it', indoor: false })).toEqual([
      { role: 'user', content: 'How is it?' },
    ]);
  });

  it.each([
    ['{{animal}}', /\{\{animal\}\} in messages\[0\] is no input/],
    ['{{constructor}}', /is no input/],
    ['{{.}}', /\{\{\.\}\} in messages\[0\] is no input/],
    [
      '{{#rooms}}{{.}}{{/rooms}}',
      /\{\{#rooms\}\} in messages\[0\] is no input/,
    ],
    [
      '{{#symptoms}}{{name}}{{/symptoms}}',
      /\{\{name\}\} in messages\[0\] is no input/,
    ],
    ['{{>missing}}', /\{\{>missing\}\} in messages\[0\] is no partial/],
    ['{{>again}}', /partial 'again' includes itself/],
    ['{{>wrong}}', /\{\{animal\}\} in partial 'wrong' is no input/],
    ['{{#indoor}}', /messages\[0\] is no template: Unclosed section "indoor"/],
  ])('refuses %s', (template, expected) => {
    expect(() =>
      render(template, {}, { again: '{{>again}}', wrong: '{{animal}}' }),
    ).toThrow(expected);
  });

  it('refuses a prompt that asks nothing', () => {
    expect(
      () =>
        new PromptTemplate(
          { messages: [{ role: 'system', content: 'Be kind.' }], partials: {} },
          inputs,
        ),
    ).toThrow(/only system messages/);
  });
});

describe("a prompt's file", () => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'prompt-'));
  afterAll(() => fs.rmSync(directory, { recursive: true }));

  const read = async (name: string, content: string) => {
    fs.writeFileSync(path.join(directory, name), content);
    return await readPromptFile(name, directory);
  };

  it('is text, messages, or all that a prompt may say', async () => {
    expect(await read('prompt.txt', 'Greet {{ name }}\n')).toEqual({
      messages: [{ role: 'user', content: 'Greet {{ name }}\n' }],
      partials: {},
      parameters: {},
      outputSchema: undefined,
    });
    const messages = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Greet {{ name }}' },
    ];
    expect(
      (await read('prompt.json', JSON.stringify(messages))).messages,
    ).toEqual(messages);
    fs.mkdirSync(path.join(directory, 'partials'));
    fs.writeFileSync(path.join(directory, 'partials/rules.md'), '- short\n');
    expect(
      await read(
        'prompt.yaml',
        `template: |
  {{>rules}}
  Greet {{name}}
partials:
  tone: kind
  rules: { file: partials/rules.md }
parameters: { temperature: 0, maxTokens: 50, topP: 0.5, stop: [END], seed: 1 }
outputSchema: { type: object, properties: { greeting: { type: string } } }
`,
      ),
    ).toEqual({
      messages: [{ role: 'user', content: '{{>rules}}\nGreet {{name}}\n' }],
      partials: { tone: 'kind', rules: '- short\n' },
      parameters: {
        temperature: 0,
        maxTokens: 50,
        topP: 0.5,
        stop: ['END'],
        seed: 1,
      },
      outputSchema: {
        type: 'object',
        properties: { greeting: { type: 'string' } },
      },
    });
  });

  it.each([
    ['prompt.json', '{', /prompt\.json cannot be read/],
    ['prompt.yaml', 'a: [', /prompt\.yaml cannot be read/],
    [
      'prompt.yaml',
      'parameters: {}',
      /it: must have either template or messages/,
    ],
    [
      'prompt.yaml',
      'template: a\nmessages: [{role: user, content: b}]',
      /either template or messages/,
    ],
    ['prompt.yaml', 'template: a\nmodel: gpt', /model/],
    [
      'prompt.yaml',
      'template: a\nparameters: { temperature: 3 }',
      /parameters\.temperature/,
    ],
    ['prompt.json', '[{"role": "tool", "content": "a"}]', /messages\.0\.role/],
    [
      'prompt.yaml',
      'template: a\npartials: { b: { file: ../../secret } }',
      /'b' must be a file of the version/,
    ],
    [
      'prompt.yaml',
      'template: a\npartials: { b: { file: none.md } }',
      /none\.md, which is not among the files/,
    ],
    [
      'prompt.txt',
      '{% if x %}a{% endif %}',
      /control flow of Jinja is not rendered/,
    ],
  ])('%s must not be %s', async (name, content, expected) => {
    await expect(read(name, content)).rejects.toThrow(expected);
  });
});
