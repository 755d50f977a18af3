import { pythonLiteral } from '@model-platform/plugin-model-platform-common';

/** One line of inputs, by name. */
export type Inputs = Record<string, unknown>;

/** What the snippets expect in the environment: a token is never pasted into code. */
const TOKEN_VARIABLE = 'TOKEN';

export interface Snippet {
  id: string;
  title: string;
  text: string;
}

/** The same call in three languages, ready to paste, with nothing to install. */
export function snippets(url: string, inputs: Inputs): Snippet[] {
  return [
    { id: 'curl', title: 'curl', text: toCurl(url, inputs) },
    { id: 'typescript', title: 'TypeScript', text: toTypeScript(url, inputs) },
    { id: 'python', title: 'Python', text: toPython(url, inputs) },
  ];
}

/** A line for the shell that makes the token known to the snippets. */
export function exportToken(token: string): string {
  return `export ${TOKEN_VARIABLE}=${shellQuoted(token)}`;
}

export function toCurl(url: string, inputs: Inputs): string {
  return [
    `curl -s ${shellQuoted(`${url}/predict`)} \\`,
    `  -H "Authorization: Bearer $${TOKEN_VARIABLE}" -H 'Content-Type: application/json' \\`,
    `  -d ${shellQuoted(JSON.stringify({ inputs }))}`,
  ].join('\n');
}

export function toTypeScript(url: string, inputs: Inputs): string {
  return `const response = await fetch(${JSON.stringify(`${url}/predict`)}, {
  method: 'POST',
  headers: {
    authorization: \`Bearer \${process.env.${TOKEN_VARIABLE}}\`,
    'content-type': 'application/json',
  },
  body: JSON.stringify({
    inputs: ${indented(JSON.stringify(inputs, undefined, 2), 4)},
  }),
});
const answer = await response.json();
if (!response.ok) throw new Error(\`\${answer.error.message} (request \${answer.requestId})\`);
console.log(answer.outputs);`;
}

export function toPython(url: string, inputs: Inputs): string {
  return `import json, os, urllib.request

request = urllib.request.Request(
    ${JSON.stringify(`${url}/predict`)},
    data=json.dumps({"inputs": ${indented(pythonLiteral(inputs), 4)}}).encode(),
    headers={
        "Authorization": f"Bearer {os.environ['${TOKEN_VARIABLE}']}",
        "Content-Type": "application/json",
    },
)
with urllib.request.urlopen(request, timeout=30) as response:
    print(json.load(response)["outputs"])`;
}

/** For a POSIX shell: nothing inside single quotes means anything but a single quote. */
function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text)
    ? text
    : `'${text.replace(/'/g, `'\\''`)}'`;
}

function indented(text: string, by: number): string {
  return text.replace(/\n/g, `\n${' '.repeat(by)}`);
}
