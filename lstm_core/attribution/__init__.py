"""Word attribution: the methods, what each assumes, and how faithful each is.

One small module per method, NumPy only. `registry` names them all, `attribute` runs one on a trace,
`faithfulness` measures them by deletion, insertion, comprehensiveness and sufficiency.
"""
