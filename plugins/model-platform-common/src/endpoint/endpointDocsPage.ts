const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);

/**
 * The page at `<endpoint>/docs`: one file without outside parts. It says
 * nothing of the model; it asks for a token, reads `openapi.json` with it and
 * lets one try the endpoint out.
 *
 * @public
 */
export function endpointDocsPage({ endpoint }: { endpoint: string }): string {
  const title = escapeHtml(endpoint);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'">
<title>${title}</title>
<style>
:root { color-scheme: light dark; background: Canvas; color: CanvasText; font: 16px/1.5 system-ui, sans-serif; }
body { background: Canvas; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
label { display: block; margin: .75rem 0 .25rem; font-weight: 600; }
label small, summary small { font-weight: 400; }
details { margin: .5rem 0; }
summary { cursor: pointer; font-weight: 600; }
.wrong { outline: 2px solid #c00; }
.problem { color: #c00; margin: .25rem 0 0; }
@media (prefers-color-scheme: dark) { .wrong { outline-color: #f88; } .problem { color: #f88; } }
input, select, textarea { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem .5rem; }
button { font: inherit; margin: 1rem .5rem 0 0; padding: .4rem 1rem; cursor: pointer; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid; padding: .25rem 1rem .25rem 0; text-align: left; vertical-align: top; }
#answer { white-space: pre-wrap; overflow-wrap: anywhere; }
pre { overflow: auto; padding: 1rem; border: 1px solid currentColor; border-radius: .25rem; }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 0 1rem; }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p id="description" role="status">Enter a token of this endpoint to see what it takes and to try it out. The portal's page of the model gives one under <em>Use it</em>.</p>
<form id="sign-in">
<label for="token">Endpoint token</label>
<input id="token" type="password" autocomplete="off" required>
<button>Open</button>
</form>
<section id="try" hidden>
<h2>Try it out</h2>
<form id="predict"><div class="fields" id="fields"></div><button>Predict</button></form>
<p id="status" role="status"></p>
<pre id="answer" role="region" aria-label="Answer" tabindex="0" hidden></pre>
<h2>What comes out</h2>
<table><thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead><tbody id="outputs"></tbody></table>
<h2>Call it</h2>
<h3>curl</h3><pre id="curl" role="region" aria-label="curl" tabindex="0"></pre>
<h3>TypeScript</h3><pre id="typescript" role="region" aria-label="TypeScript" tabindex="0"></pre>
<h3>Python</h3><pre id="python" role="region" aria-label="Python" tabindex="0"></pre>
<div id="clients"></div>
<p><a id="document" href="./openapi.json" download>openapi.json</a></p>
</section>
</main>
<script>
(() => {
  'use strict';
  const at = id => document.getElementById(id);
  const base = new URL('.', location.href).href.replace(/\\/$/, '');
  const store = 'endpoint-token:' + base;
  let token = sessionStorage.getItem(store) || '';
  let fields = [];
  const authorized = () => ({ authorization: 'Bearer ' + token });
  const say = text => { at('status').textContent = text; };

  async function open() {
    say('');
    const response = await fetch(base + '/openapi.json', { headers: authorized() }).catch(error => {
      at('description').textContent = 'The endpoint cannot be reached: ' + error.message;
    });
    if (!response) return;
    if (!response.ok) {
      sessionStorage.removeItem(store);
      const body = await response.json().catch(() => ({}));
      at('description').textContent = (body.error && body.error.message) || 'The endpoint answered ' + response.status + '.';
      return;
    }
    sessionStorage.setItem(store, token);
    const api = await response.json();
    at('description').textContent = api.info.title + ', version ' + api.info.version + '. ' + api.info.description;
    at('sign-in').hidden = true;
    at('try').hidden = false;
    const url = URL.createObjectURL(new Blob([JSON.stringify(api, null, 2)], { type: 'application/json' }));
    at('document').href = url;
    build(api);
  }

  const typeOf = field => [].concat(field.type)[0];
  const isFile = field => typeOf(field) === 'string' && field.contentEncoding === 'base64';
  const isJson = field => typeOf(field) === 'array' || typeOf(field) === 'object';
  // An array is named after what it holds.
  const kindOf = field => field.format || (typeOf(field) === 'array' ? 'list of ' + kindOf(field.items) : field.contentEncoding || typeOf(field));
  const isText = field => typeOf(field) === 'string';

  function controlOf(field, required) {
    const choices = field.enum || (typeOf(field) === 'boolean' ? [true, false] : undefined);
    if (choices) {
      const select = document.createElement('select');
      if (!required) select.append(new Option('', ''));
      for (const choice of choices) if (choice !== null) select.append(new Option(String(choice), String(choice)));
      return select;
    }
    if (isJson(field)) {
      const area = document.createElement('textarea');
      area.rows = 2;
      area.spellcheck = false;
      return area;
    }
    const input = document.createElement('input');
    if (isFile(field)) input.type = 'file';
    else if (field.format === 'date') input.type = 'date';
    else if (field.format === 'date-time') input.placeholder = '2026-05-01T12:00:00Z';
    else if (!isText(field)) input.inputMode = 'decimal';
    return input;
  }

  // What a file holds, as JSON carries it; until one is chosen, the example's.
  function takeFile(input, value) {
    input.dataset.base64 = value === undefined ? '' : value;
    input.addEventListener('change', () => {
      const [file] = input.files;
      if (!file) return;
      const reader = new FileReader();
      reader.onload = () => {
        input.dataset.base64 = reader.result.slice(reader.result.indexOf(',') + 1);
        snippets();
      };
      reader.readAsDataURL(file);
    });
  }

  function build(api) {
    const schema = api.components.schemas.Inputs;
    const { requestBody, 'x-codeSamples': samples = [] } = api.paths['/predict'].post;
    const example = (requestBody.content['application/json'].example || {}).inputs || {};
    fields = Object.entries(schema.properties);
    at('fields').replaceChildren(...fields.map(([name, field], index) => {
      const box = document.createElement('div');
      const label = document.createElement('label');
      label.htmlFor = 'field-' + index;
      label.textContent = name + ' ';
      const hint = document.createElement('small');
      const required = (schema.required || []).includes(name);
      const bounds = [field.minimum, field.maximum].some(bound => Math.abs(bound) < Number.MAX_SAFE_INTEGER)
        ? [field.minimum, field.maximum].map(bound => (bound === undefined || Math.abs(bound) === Number.MAX_SAFE_INTEGER ? '' : bound)).join(' … ')
        : '';
      hint.textContent = [isFile(field) ? 'file' : kindOf(field), bounds, required ? '' : 'may be left out', field.description].filter(Boolean).join(' · ');
      label.append(hint);
      const value = name in example ? example[name] : (field.examples || [field.default])[0];
      const input = controlOf(field, required);
      input.id = 'field-' + index;
      input.autocomplete = 'off';
      if (isFile(field)) takeFile(input, value);
      else if (value !== undefined && value !== null) input.value = typeof value === 'string' ? value : JSON.stringify(value);
      input.addEventListener('input', snippets);
      const problem = document.createElement('p');
      problem.className = 'problem';
      problem.id = 'problem-' + index;
      input.setAttribute('aria-describedby', problem.id);
      box.append(label, input, problem);
      return box;
    }));
    at('outputs').replaceChildren(...Object.entries(api.components.schemas.Outputs.properties).map(([name, field]) => {
      const row = document.createElement('tr');
      const header = document.createElement('th');
      header.scope = 'row';
      header.textContent = name;
      row.append(header);
      for (const text of [kindOf(field), [field.description, field.enum && 'One of ' + field.enum.filter(one => one !== null).join(', ') + '.'].filter(Boolean).join(' ')]) {
        const cell = document.createElement('td');
        cell.textContent = text;
        row.append(cell);
      }
      return row;
    }));
    at('clients').replaceChildren(...samples.map(({ label, source }) => {
      const details = document.createElement('details');
      const summary = document.createElement('summary');
      summary.textContent = label;
      const code = document.createElement('pre');
      code.textContent = source;
      code.tabIndex = 0;
      code.setAttribute('role', 'region');
      code.setAttribute('aria-label', label);
      details.append(summary, code);
      return details;
    }));
    snippets();
  }

  function inputs() {
    const line = {};
    fields.forEach(([name, field], index) => {
      const input = at('field-' + index);
      const text = isFile(field) ? input.dataset.base64 : input.value;
      if (text === '' && !(isFile(field) && input.files.length > 0)) return;
      if (isText(field)) line[name] = text;
      else { try { line[name] = JSON.parse(text); } catch { line[name] = text; } }
    });
    return line;
  }

  // Beside each input, what the endpoint says of it.
  function mark(problems) {
    fields.forEach(([name], index) => {
      const own = problems.filter(({ path }) => {
        const rest = path.startsWith('inputs.' + name) ? path.slice(7 + name.length) : undefined;
        return rest === '' || (rest !== undefined && rest.startsWith('['));
      });
      at('problem-' + index).textContent = own.map(({ path, message }) => path.slice(7 + name.length) + ' ' + message).join('; ');
      at('field-' + index).classList.toggle('wrong', own.length > 0);
      at('field-' + index).setAttribute('aria-invalid', String(own.length > 0));
    });
  }

  function snippets() {
    const body = JSON.stringify({ inputs: inputs() });
    const url = base + '/predict';
    const quoted = body.replaceAll("'", "'\\\\''");
    at('curl').textContent = "curl -s '" + url + "' \\\\\\n  -H \\"Authorization: Bearer $TOKEN\\" -H 'Content-Type: application/json' \\\\\\n  -d '" + quoted + "'";
    at('typescript').textContent = "const response = await fetch(" + JSON.stringify(url) + ", {\\n  method: 'POST',\\n  headers: { authorization: \`Bearer \${token}\`, 'content-type': 'application/json' },\\n  body: JSON.stringify(" + body + "),\\n});\\nconst { outputs } = await response.json();";
    at('python').textContent = "import json, urllib.request\\n\\nrequest = urllib.request.Request(\\n    " + JSON.stringify(url) + ",\\n    data=json.dumps(json.loads(" + JSON.stringify(body) + ")).encode(),\\n    headers={\\"Authorization\\": f\\"Bearer {token}\\", \\"Content-Type\\": \\"application/json\\"},\\n)\\nwith urllib.request.urlopen(request) as response:\\n    outputs = json.load(response)[\\"outputs\\"]";
  }

  at('sign-in').addEventListener('submit', event => { event.preventDefault(); token = at('token').value.trim(); open(); });
  at('predict').addEventListener('submit', async event => {
    event.preventDefault();
    const begin = performance.now();
    const response = await fetch(base + '/predict', {
      method: 'POST',
      headers: { ...authorized(), 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: inputs() }),
    }).catch(error => { say('The endpoint cannot be reached: ' + error.message); });
    if (!response) return;
    const text = await response.text();
    say(response.status + ' after ' + (performance.now() - begin).toFixed(1) + ' ms');
    at('answer').hidden = false;
    let answer = {};
    try { answer = JSON.parse(text); at('answer').textContent = JSON.stringify(answer, null, 2); } catch { at('answer').textContent = text; }
    mark((answer.error && answer.error.fields) || []);
  });
  if (token) open();
})();
</script>
</body>
</html>
`;
}
