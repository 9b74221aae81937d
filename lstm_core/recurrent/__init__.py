"""Recurrent layers in NumPy: weights, forward and backward pass, traces, effect of padding."""
