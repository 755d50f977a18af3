"""Python runtime for models: `python -m model_runner`, settings from the environment."""
