"""Analysis of one trace: contributions, single steps, interventions, comparison, captions."""
