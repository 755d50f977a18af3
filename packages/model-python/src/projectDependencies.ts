import { run, RunOptions } from './run';

/** Python reads TOML itself; what is written there is only read, never run. */
const SCRIPT = `
import sys, tomllib
try:
    with open(sys.argv[1], "rb") as file:
        project = tomllib.load(file).get("project", {})
except ValueError as error:
    sys.exit(f"pyproject.toml is no TOML: {error}")
if not isinstance(project, dict) or "dependencies" in project.get("dynamic", []):
    sys.exit("pyproject.toml must have a list of its dependencies: project.dependencies")
lines = project.get("dependencies", [])
if not isinstance(lines, list) or not all(isinstance(line, str) and line.isprintable() for line in lines):
    sys.exit("project.dependencies of pyproject.toml must be a list of texts")
print("\\n".join(lines))
`;

/**
 * `project.dependencies` of a `pyproject.toml`, as the text of a `requirements.txt`.
 *
 * @param wrap - makes the command line that runs the interpreter
 * @throws Error that says what is wrong with the file
 */
export async function projectDependencies(
  python: string,
  file: string,
  wrap: (command: string, args: string[]) => [string, string[]],
  options: RunOptions,
): Promise<string> {
  return await run(...wrap(python, ['-I', '-c', SCRIPT, file]), options);
}
