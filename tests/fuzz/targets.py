"""All targets, in the order of the table in the README."""

from tests.fuzz import (
    archive,
    bundle_zip,
    imports,
    keras,
    link,
    message,
    model_sizes,
    model_trace,
    npz,
    parquet,
    run_name,
    score_table,
    server,
    table,
    table_formats,
    text,
)

MODULES = (
    text,
    message,
    link,
    run_name,
    table,
    table_formats,
    score_table,
    parquet,
    archive,
    npz,
    keras,
    model_sizes,
    model_trace,
    bundle_zip,
    imports,
    server,
)
TARGETS = tuple(module.TARGET for module in MODULES)
