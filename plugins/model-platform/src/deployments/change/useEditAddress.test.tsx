import { act, renderHook } from '@testing-library/react';
import { TestApiProvider } from '@backstage/frontend-test-utils';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import { useEditAddress } from './useEditAddress';

const address = 'https://github.com/acme/iris/tree/main/d.yaml';

/** What the hook gives once the catalog has answered, of a file that names this editor. */
async function editAddress(editUrl: string) {
  const catalog = catalogApiMock({
    entities: [
      {
        apiVersion: 'model-platform.io/v1alpha1',
        kind: 'ModelDeployment',
        metadata: {
          name: 'iris',
          annotations: {
            'backstage.io/managed-by-location': `url:${address}`,
            'backstage.io/edit-url': editUrl,
          },
        },
      },
    ],
  });
  const asked = jest.spyOn(catalog, 'getEntities');
  const { result } = renderHook(() => useEditAddress(`url:${address}`), {
    wrapper: ({ children }) => (
      <TestApiProvider apis={[[catalogApiRef, catalog]]}>
        {children}
      </TestApiProvider>
    ),
  });
  await act(async () => {
    const { items } = await asked.mock.results[0].value;
    expect(items).toHaveLength(1);
  });
  return result.current;
}

describe('useEditAddress', () => {
  it('is the editor of the host where the file lies', async () => {
    const editor = 'https://github.com/acme/iris/edit/main/d.yaml';
    expect(await editAddress(editor)).toBe(editor);
  });

  // Whoever writes the file writes that, too.
  it.each([
    'data:text/html,sign%20in',
    'https://sign-in.test/acme/iris/edit/main/d.yaml',
    'https://github.com@sign-in.test/edit',
    'https://',
  ])('is the file where its editor is said to be %s', async editUrl => {
    expect(await editAddress(editUrl)).toBe(address);
  });
});
