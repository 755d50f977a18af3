"""Adds to the model's number what it means for the ward: whether to suggest an earlier follow-up."""

# The upper third of the study's patients lies above it.
FOLLOW_UP_ABOVE = 183.0

FEATURES = ("age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu")


def predict(model, inputs, context):
    row = [[inputs[name] for name in FEATURES]]
    progression = float(model.predict(row)[0])
    follow_up = progression > FOLLOW_UP_ABOVE
    if follow_up:
        context.metrics.counter("suggestions_made_total").inc()
    return {"progression": progression, "follow_up": follow_up}
