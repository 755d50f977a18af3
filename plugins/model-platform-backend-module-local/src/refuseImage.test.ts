import { refuseImage } from './refuseImage';

describe('refuseImage', () => {
  it('says where images run, and lets everything else pass', () => {
    const version = { number: 3, model: 'churn' };
    expect(() => refuseImage(version)).not.toThrow();
    const reference = `registry.example.org/crm/churn@sha256:${'a'.repeat(64)}`;
    expect(() =>
      refuseImage({ ...version, image: { reference, port: 9000 } }),
    ).toThrow(
      `Version 3 of churn is the image ${reference}, and environments with the driver local run no images; deploy it to one with the driver kubernetes`,
    );
  });
});
