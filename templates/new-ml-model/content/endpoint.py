"""What the endpoint does with the model's numbers. Inputs and outputs go by the names in model.yaml."""

FEATURES = ("alcohol", "flavanoids", "color_intensity", "hue", "proline")

# Below it a person should look at the wine.
CERTAIN_FROM = 0.8


def predict(model, inputs, context):
    row = [[inputs[name] for name in FEATURES]]
    probabilities = model.predict_proba(row)[0]
    best = probabilities.argmax()
    probability = float(probabilities[best])
    certain = probability >= CERTAIN_FROM
    context.metrics.counter("suggestions_made_total" if certain else "manual_reviews_total").inc()
    return {"cultivar": str(model.classes_[best]), "probability": probability, "certain": certain}
