import { expect, test } from '@playwright/test';
import { serveModel } from './serveModel';
import { Runtime, typesFolder, typesManifest } from './typesFolder';

const LIMIT = 3_000_000;

for (const runtime of ['node', 'python'] satisfies Runtime[]) {
  test(`a deployment says how large a body its ${runtime} runner takes`, async () => {
    const name = `large-${runtime}-${Date.now().toString(36)}`;
    const { url, token } = await serveModel(name, typesFolder(name, runtime), {
      limits: { maxBodyBytes: LIMIT },
    });
    const headers = { authorization: `Bearer ${token}` };
    const line = typesManifest.example;
    /** With a picture of so many bytes, as JSON and as a form. */
    const bodies = (bytes: number) => {
      const picture = Buffer.alloc(bytes, 7);
      const form = new FormData();
      for (const [field, value] of Object.entries(line))
        form.set(
          field,
          typeof value === 'string' ? value : JSON.stringify(value),
        );
      form.set('picture', new Blob([picture]));
      const inputs = { ...line, picture: picture.toString('base64') };
      return [
        { body: JSON.stringify({ inputs }), type: 'application/json' },
        { body: form },
      ];
    };
    const predict = (body: string | FormData, type?: string) =>
      fetch(`${url}/predict`, {
        method: 'POST',
        headers: { ...headers, ...(type ? { 'content-type': type } : {}) },
        body,
      });
    // In base64 it is a third larger.
    for (const { body, type } of bodies(LIMIT * 0.7)) {
      const response = await predict(body, type);
      const { outputs } = await response.json();
      expect(outputs?.picture_out).toHaveLength(
        4 * Math.ceil((LIMIT * 0.7) / 3),
      );
    }
    for (const { body, type } of bodies(LIMIT)) {
      const response = await predict(body, type);
      expect(response.status).toBe(413);
      expect(await response.text()).toContain(String(LIMIT));
    }
  });
}
