"""All doors, in the order of the table in the README."""

from tests.fuzz import (
    archive,
    bundle_zip,
    keras,
    link,
    message,
    model_trace,
    npz,
    parquet,
    run_name,
    score_table,
    table,
    text,
)

MODULES = (
    text,
    message,
    link,
    run_name,
    table,
    score_table,
    parquet,
    archive,
    npz,
    keras,
    model_trace,
    bundle_zip,
)
DOORS = tuple(module.DOOR for module in MODULES)
