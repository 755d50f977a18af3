import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DeclaredDocument } from '@model-platform/plugin-model-platform-common';
import { proposePatch } from './proposePatch';

const first = `# For the greenhouse
kind: ModelDeployment
metadata: { name: iris }   # of the endpoint
spec:
  model: iris
  limits:
    concurrentCalls: 5   # measured in May
  variants:
    - { name: main, version: { latest: true } }
`;
const second = first.replaceAll('iris', 'wine');

/** Of a file with both, where they begin in it. */
const documents = (
  end = '\n',
): Array<Pick<DeclaredDocument, 'line' | 'text' | 'next'>> => {
  const as = (text: string) => text.replaceAll('\n', end);
  return [
    {
      line: 1,
      text: as(first),
      next: `--- # the second${as('\n').slice(0, -1)}`,
    },
    { line: 11, text: as(second) },
  ];
};
const fileOf = (
  parts: ReturnType<typeof documents>,
  texts = parts.map(({ text }) => text),
) => `${texts[0]}${parts[0].next}\n${texts[1]}`;

describe('proposePatch', () => {
  let folder: string;
  const file = 'models of acme/model-deployment.yaml';

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'patch-'));
    fs.mkdirSync(path.join(folder, path.dirname(file)));
    execFileSync('git', ['init', '-q'], { cwd: folder });
  });

  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** The file after `git apply` of the patch. */
  function apply(content: string, patch?: string): string {
    fs.writeFileSync(path.join(folder, file), content);
    execFileSync('git', ['apply', '-'], { cwd: folder, input: patch });
    return fs.readFileSync(path.join(folder, file), 'utf8');
  }

  it('is what a reviewer reads', () => {
    const [document] = documents();
    const proposed = proposePatch(
      { ...document, location: 'url:https://git.test/d', path: file },
      first.replace('Calls: 5 ', 'Calls: 9 '),
    );
    expect(proposed).toBe(
      [
        `--- a/${file}`,
        `+++ b/${file}`,
        '@@ -4,7 +4,7 @@',
        ' spec:',
        '   model: iris',
        '   limits:',
        '-    concurrentCalls: 5   # measured in May',
        '+    concurrentCalls: 9   # measured in May',
        '   variants:',
        '     - { name: main, version: { latest: true } }',
        ' --- # the second',
        '',
      ].join('\n'),
    );
  });

  // Each as a form gives it, with the plain end of lines.
  it.each<[string, (text: string) => string]>([
    ['a line in the middle', text => text.replace('Calls: 5 ', 'Calls: 9 ')],
    ['the first line', text => text.replace(/^.*\n/, '')],
    ['a line behind all', text => `${text}  owner: botany-ml\n`],
    ['a last line that does not end', text => `${text}  owner: botany-ml`],
    [
      'several places',
      text =>
        text
          .replace('greenhouse', 'garden')
          .replace('latest: true', 'number: 3'),
    ],
    ['all of it', () => 'kind: ModelDeployment\n'],
  ])('is applied by git where %s is changed', (_, change) => {
    for (const end of ['\n', '\r\n']) {
      const parts = documents(end);
      for (const [index, text] of [first, second].entries()) {
        const patch = proposePatch(
          { ...parts[index], location: 'url:https://git.test/d', path: file },
          change(text),
        );
        const changed = change(text).replaceAll('\n', end);
        const isInside = index === 0 && !changed.endsWith('\n');
        const texts = parts.map(part => part.text);
        texts[index] = isInside ? `${changed}${end}` : changed;
        expect(apply(fileOf(parts), patch)).toBe(fileOf(parts, texts));
      }
    }
  });

  it.each([
    ['\n', '\r\n'],
    ['\r\n', '\n'],
  ])('leaves lines that end otherwise as they are, %j and %j', (end, odd) => {
    // One that stays, the one that is changed, and the one behind.
    const mixed = (text: string, isOdd = /model:|Calls: 5|latest/) =>
      text.replace(/.*\n/g, line =>
        line.replace('\n', isOdd.test(line) ? odd : end),
      );
    const parts = documents().map(part => ({
      ...part,
      text: mixed(part.text),
    }));
    parts[0].next += odd.slice(0, -1);
    for (const [index, text] of [first, second].entries()) {
      const change = (of: string) =>
        `${of.replace('Calls: 5 ', 'Calls: 9 ')}  owner: botany-ml\n`;
      const texts = parts.map(part => part.text);
      texts[index] = mixed(change(text));
      const patch = proposePatch(
        { ...parts[index], location: 'url:https://git.test/d', path: file },
        change(text),
      );
      expect(apply(fileOf(parts), patch)).toBe(fileOf(parts, texts));
    }
  });

  it('is applied by git to a file whose last line does not end', () => {
    const text = second.trimEnd();
    for (const changed of [
      text.replace('Calls: 5 ', 'Calls: 9 '),
      text.replace('Calls: 5 ', 'Calls: 9 ').replace('latest', 'newest'),
      `${text}\n`,
    ]) {
      const [before, after] = [text, changed].map(one =>
        fileOf([documents()[0], { line: 11, text: one }]),
      );
      const patch = proposePatch(
        { line: 11, text, location: 'url:https://git.test/d', path: file },
        changed,
      );
      expect(apply(before, patch)).toBe(after);
    }
  });

  it('is none where nothing is changed, and names no file where none is sure', () => {
    const [document] = documents('\r\n');
    const location = 'url:https://git.test/raw/d.yaml?ref=main';
    expect(proposePatch({ ...document, location }, first)).toBeUndefined();
    expect(proposePatch({ ...document, location }, `# New\n${first}`)).toMatch(
      /^@@ -1,3 \+1,4 @@\n\+# New\r\n # For the greenhouse\r\n/,
    );
  });
});
