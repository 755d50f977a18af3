import express from 'express';

/** What MLflow gives as text, whatever others say of them. */
const TEXTS =
  'txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst ipynb MLmodel mlproject MLproject'.split(
    ' ',
  );

/** The type of a file by its name, as MLflow's server guesses it. */
export function mimeTypeOf(path: string): string {
  const name = path.split('/').pop() ?? '';
  const extension = name.slice(name.lastIndexOf('.') + 1);
  return TEXTS.includes(extension)
    ? 'text/plain'
    : express.static.mime.lookup(name, 'application/octet-stream');
}
