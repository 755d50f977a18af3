import {
  draftRequest,
  fileOf,
  TestPlatform,
} from '../__testUtils__/TestPlatform';

jest.setTimeout(120_000);

const mira = 'user:default/mira';

describe('a model published in one call', () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await TestPlatform.start();
  });
  afterAll(async () => {
    await platform?.stop();
  });

  const contentOf = (text: string) => Buffer.from(text).toString('base64');
  const requestOf = (
    name: string,
    files: Array<ReturnType<typeof fileOf>>,
    given: Array<string | undefined> = files.map(({ content }) => content),
  ) => {
    const draft = draftRequest(name, { files });
    return {
      ...draft,
      files: draft.files.map((file, index) => {
        const content = given[index];
        return content === undefined
          ? file
          : { ...file, content: contentOf(content) };
      }),
      complete: true,
    };
  };
  const send = (name: string, body: object, key = name) =>
    platform
      .call('post', `v1/models/${name}/versions`, mira)
      .set('idempotency-key', key)
      .send(body);

  it('is ready, with its files as they were sent', async () => {
    const files = [
      fileOf('model.onnx', 'weights'),
      fileOf('notes/read me.txt', 'ä text'),
      fileOf('empty', ''),
    ];
    const answer = await send('at-once', requestOf('at-once', files));
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      unchanged: false,
      missing: [],
      version: { model: 'at-once', number: 1, status: 'ready' },
    });
    expect(answer.body.version.files).toEqual(
      files.map(({ content: _, ...file }) => file),
    );
    const read = await platform.call(
      'get',
      'v1/models/at-once/versions/1',
      mira,
    );
    expect(read.body).toEqual(answer.body.version);
    const file = await platform
      .call(
        'get',
        'v1/models/at-once/versions/1/files/notes/read%20me.txt',
        mira,
      )
      .buffer(true);
    expect(file.body.toString()).toBe('ä text');
    const again = await send('at-once', requestOf('at-once', files));
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ unchanged: true, missing: [] });
  });

  it('waits for what did not come along, and is completed by the call that brings it', async () => {
    const files = [fileOf('model.onnx', 'weights 2'), fileOf('more', 'more')];
    const part = requestOf('in-two', files, ['weights 2', undefined]);
    const opened = await send('in-two', part);
    expect(opened.status).toBe(201);
    expect(opened.body).toMatchObject({
      missing: [files[1].digest],
      version: { status: 'draft' },
    });
    const rest = requestOf('in-two', files, [undefined, 'more']);
    const ready = await send('in-two', rest);
    expect(ready.status).toBe(201);
    expect(ready.body).toMatchObject({
      resumed: true,
      missing: [],
      version: { number: 1, status: 'ready' },
    });
  });

  it('is refused by file where it is not what was said of it', async () => {
    const files = [fileOf('model.onnx', 'weights'), fileOf('more', 'more')];
    const answer = await send(
      'refused',
      requestOf('refused', files, ['weights', 'MORE']),
    );
    expect(answer.status).toBe(400);
    expect(answer.body.error.problems).toEqual([
      expect.objectContaining({
        field: 'files[1].content',
        rule: expect.stringContaining('has 4 bytes with the digest sha256:'),
      }),
    ]);
    const unreadable = requestOf('refused', files);
    unreadable.files[0] = { ...files[0], content: 'not Base64!' };
    expect((await send('refused', unreadable)).body.error.problems).toEqual([
      expect.objectContaining({ field: 'files[0].content' }),
    ]);
    const missing = await platform.call('get', 'v1/models/refused', mira);
    expect(missing.status).toBe(404);
  });
});
