"""The figure sheet knows every benchmark, and its table is whole."""

from tests.benchmarks.__main__ import names
from tests.benchmarks.measure import Row, markdown


def test_the_sheet_finds_the_benchmarks() -> None:
    assert {"core_speed", "live_speed", "states_speed"} <= set(names())


def test_the_table_says_whether_a_target_was_met() -> None:
    rows = [Row("speed", "1 ms", "3 ms", "3 times", "2 times", True), Row("size", "2 MB")]
    assert markdown(rows).splitlines()[2:] == [
        "| speed | 1 ms | 3 ms | 3 times | 2 times | yes |",
        "| size | 2 MB |  |  |  |  |",
    ]
