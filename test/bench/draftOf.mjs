/** A draft with all that a publish must say, and one file. */
export function draftOf(name, file) {
  return {
    model: {
      name,
      type: 'ml',
      owner: 'group:default/team-1',
      system: 'system-1',
      description: 'Made by a bench',
    },
    version: {
      metadata: {
        purpose: 'Measures how long it takes to publish a model',
        audience: 'Whoever runs the benches',
        method: 'Counting',
        data: { sources: ['none'], personalData: 'none', period: '2026' },
        theme: 'benches',
        risk: 'minimal',
      },
      flavor: 'onnx',
      runtime: 'node',
      signature: {
        inputs: [{ name: 'a', type: 'number' }],
        outputs: [{ name: 'b', type: 'number' }],
      },
    },
    files: [file],
  };
}
