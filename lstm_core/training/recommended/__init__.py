"""The recommended recipe: sampled windows, knowledge distillation, weight averaging."""
