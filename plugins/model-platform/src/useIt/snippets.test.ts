import { execFileSync } from 'node:child_process';
import { Inputs, toCurl, toPython, toTypeScript } from './snippets';

const url = 'http://127.0.0.1:7080/iris';

/** Everything that means something to a shell, to JavaScript or to Python. */
const odd: Inputs = {
  "o'clock": `it's "quoted" $HOME \`id\` \\n %s {x} \${y}`,
  lines: 'one\ntwo\u2028three\t🌱',
  flag: true,
  nothing: null,
  matrix: [
    [1.5, -2],
    [0, 1e21],
  ],
  nested: { no: false },
};

/** Runs a program that prints what it was made of. */
const run = (program: string, args: string[], input?: string) =>
  execFileSync(program, args, {
    encoding: 'utf8',
    input,
    env: { ...process.env, TOKEN: 'mpe_1_secret' },
  });

describe('snippets', () => {
  it('gives the shell each value as it is', () => {
    const printed = run('sh', [
      '-c',
      toCurl(url, odd).replace(/^curl/, `printf '%s\\0'`),
    ]).split('\0');

    expect(printed).toContain(`${url}/predict`);
    expect(printed).toContain('Authorization: Bearer mpe_1_secret');
    expect(JSON.parse(printed[printed.indexOf('-d') + 1])).toEqual({
      inputs: odd,
    });
  });

  it('sends each value as it is from TypeScript', () => {
    const recorder = `
globalThis.fetch = async (address, init) => {
  console.log(JSON.stringify({ address, init }));
  return { ok: true, json: async () => ({ outputs: {} }) };
};
`;
    const [call] = run(process.execPath, [
      '--input-type=module',
      '--eval',
      `${recorder}\n${toTypeScript(url, odd)}`,
    ]).split('\n');
    const { address, init } = JSON.parse(call);

    expect(address).toBe(`${url}/predict`);
    expect(init.headers.authorization).toBe('Bearer mpe_1_secret');
    expect(JSON.parse(init.body)).toEqual({ inputs: odd });
  });

  it('sends each value as it is from Python', () => {
    const recorder = `
import io
def urlopen(request, timeout):
    print(request.full_url)
    print(request.headers["Authorization"])
    print(request.data.decode())
    return io.BytesIO(b'{"outputs": {}}')
import urllib.request
urllib.request.urlopen = urlopen
`;
    const [address, token, body] = run(
      'python3',
      ['-'],
      `${recorder}\n${toPython(url, odd)}\n`,
    ).split('\n');

    expect(address).toBe(`${url}/predict`);
    expect(token).toBe('Bearer mpe_1_secret');
    expect(JSON.parse(body)).toEqual({ inputs: odd });
  });
});
