import { screen, within } from '@testing-library/react';
import { FakePlatform } from '../__testUtils__/FakePlatform';
import { renderOnPlatform } from '../__testUtils__/renderOnPlatform';
import { sampleModel } from '../__testUtils__/samples';
import { ModelPurposeCard } from './ModelPurposeCard';

const platform = (metadataComplete: boolean) =>
  new FakePlatform()
    .when('GET models/iris', () => sampleModel({ metadataComplete }))
    .when('GET models/iris/metadata-compliance', () => ({
      slug: 'iris',
      complete: false,
      problems: [
        {
          field: 'metadata.steward',
          rule: 'is missing: Who answers for its data',
          source: 'stewardship, version 7',
        },
      ],
    }));

describe('ModelPurposeCard', () => {
  it("names the fields that fall short of today's schema", async () => {
    await renderOnPlatform(<ModelPurposeCard />, platform(false));
    const notice = await screen.findByText(/falls short of today's rules/);
    const card = screen.getByRole('region', { name: 'What it is for' });
    expect(card).toContainElement(notice);
    expect(await within(card).findByRole('listitem')).toHaveTextContent(
      'metadata.steward is missing: Who answers for its data (stewardship, version 7)',
    );
  });

  it('says nothing of it where the metadata is complete', async () => {
    const asked = platform(true);
    await renderOnPlatform(<ModelPurposeCard />, asked);
    expect(
      await screen.findByText(sampleModel().description),
    ).toBeInTheDocument();
    expect(screen.queryByText(/falls short/)).not.toBeInTheDocument();
    expect(asked.callsOf('GET models/iris/metadata-compliance')).toEqual([]);
  });
});
