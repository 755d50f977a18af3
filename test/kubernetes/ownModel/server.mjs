import http from 'node:http';

/** A developer's own container: names an iris by two of its measures, by the Open Inference Protocol. */
const MODEL = '/v2/models/churn';
const inputs = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'];

const speciesOf = (petalLength, petalWidth) => {
  if (petalLength < 2.5) return 'setosa';
  return petalWidth < 1.75 ? 'versicolor' : 'virginica';
};

function infer(body) {
  const of = name => body.inputs.find(input => input.name === name).data;
  const widths = of('petal_width');
  const data = of('petal_length').map((length, line) =>
    speciesOf(length, widths[line]),
  );
  return {
    model_name: 'churn',
    outputs: [
      { name: 'species', datatype: 'BYTES', shape: [data.length], data },
    ],
  };
}

async function answer(request) {
  const { url, method } = request;
  if (url.startsWith('/v2/health/')) return {};
  if (url === MODEL && method === 'GET') {
    return {
      name: 'churn',
      platform: 'javascript',
      inputs: inputs.map(name => ({ name, datatype: 'FP64', shape: [-1] })),
      outputs: [{ name: 'species', datatype: 'BYTES', shape: [-1] }],
    };
  }
  if (url !== `${MODEL}/infer`) return undefined;
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return infer(JSON.parse(Buffer.concat(chunks)));
}

const server = http.createServer(async (request, response) => {
  const found = await answer(request);
  response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(found ?? { error: 'There is no such thing' }));
});
server.listen(Number(process.env.PORT), '0.0.0.0');
process.on('SIGTERM', () => server.close());
