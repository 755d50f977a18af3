/** The echo model of the Node runtime: every input comes back as the output of its name. */
export const predict = (_model, inputs) =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`${name}_out`, value]),
  );
