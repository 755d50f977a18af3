import { Readable } from 'node:stream';
import { NotFoundError } from '@backstage/errors';
import express, { ErrorRequestHandler } from 'express';
import request from 'supertest';
import { sendFile } from './sendFile';

describe('sendFile', () => {
  const open = jest.fn();
  const app = express();
  app.get('/', (req, res, next) => {
    const file = { name: 'a/model.onnx', etag: '"e"', sizeBytes: 5, open };
    sendFile(req, res, file).catch(next);
  });
  const explain: ErrorRequestHandler = ({ message }, _req, res, _next) => {
    res.status(404).json({ message });
  };
  app.use(explain);

  beforeEach(() => {
    open.mockReset();
  });

  it('sends an error as an error, not as the file', async () => {
    open.mockRejectedValue(new NotFoundError('The store has no such blob'));
    const answer = await request(app).get('/').set('range', 'bytes=1-2');
    expect(answer.status).toBe(404);
    expect(answer.type).toBe('application/json');
    expect(answer.body.message).toBe('The store has no such blob');
    for (const name of ['content-disposition', 'content-range'])
      expect(answer.headers).not.toHaveProperty(name);
    expect(answer.headers.etag).not.toBe('"e"');
  });

  it('says what there is without opening it', async () => {
    const answer = await request(app).head('/').set('range', 'bytes=1-2');
    expect(answer.status).toBe(206);
    expect(answer.headers).toMatchObject({
      etag: '"e"',
      'content-length': '2',
      'content-range': 'bytes 1-2/5',
    });
    expect(open).not.toHaveBeenCalled();
  });

  it('sends it whole, or a range', async () => {
    open.mockImplementation(
      ({ start = 0, end = 4 }: { start?: number; end?: number } = {}) =>
        Readable.from([Buffer.from('01234').subarray(start, end + 1)]),
    );
    const text = async (range?: string) => {
      const call = request(app).get('/').buffer(true);
      return (await (range ? call.set('range', range) : call)).body.toString();
    };
    expect(await text()).toBe('01234');
    expect(await text('bytes=1-2')).toBe('12');
  });
});
