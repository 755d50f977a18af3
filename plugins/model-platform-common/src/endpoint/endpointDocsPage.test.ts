import vm from 'node:vm';
import { endpointDocsPage } from './endpointDocsPage';

describe('endpointDocsPage', () => {
  it('is one file without outside parts, and names are text in it', () => {
    const page = endpointDocsPage({ endpoint: `<img src=x onerror=a("'&")>` });
    expect(page).toContain(
      '<h1>&#60;img src=x onerror=a(&#34;&#39;&#38;&#34;)&#62;</h1>',
    );
    expect(page).not.toContain('<img');
    expect(page).not.toMatch(/\b(?:src|href)="(?!\.\/openapi\.json")/);
    expect(page).not.toMatch(/innerHTML|document\.write|eval\(/);
    const [script, more] = [
      ...page.matchAll(/<script>([\s\S]*?)<\/script>/g),
    ].map(([, text]) => text);
    expect(more).toBeUndefined();
    expect(() => new vm.Script(script)).not.toThrow();
  });
});
