"""Saved models: bundle, model card, registry, Keras files, parity with Keras."""
