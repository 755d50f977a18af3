"""The echo model of the Python runtime: every input comes back as the output of its name."""


def predict(model, inputs, context):
    return {f"{name}_out": value for name, value in inputs.items()}
