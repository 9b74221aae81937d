"""Which word did what: methods of word scores, what each claims, and how far each is to be trusted.

One small module a method, NumPy only. `methods` names them all, `score` runs one on a trace,
`court` measures by deletion and insertion which of them to believe.
"""
