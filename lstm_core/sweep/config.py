"""Configuration of a sweep, read from a TOML file.

name = "sizes"            # every run's name begins with it
recipe = "article"        # or "recommended"
data = "small"            # or "imdb", or a path
validation_share = 0.1    # optional, as is `limit`, the reviews used at most

[settings]                # the same for all runs
epochs = 3

[grid]                    # every combination is a run
lstm_dim = [16, 32]
seed = [0, 1, 2]
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from lstm_core.errors import InputError, reason
from lstm_core.files import listed, shown, unreadable
from lstm_core.model.sentiment_model import RUN_NAME
from lstm_core.runs import DataChoice, DataKind, RunRequest
from lstm_core.training.settings import LIMITS, Recipe, settings_from

KEYS = ("name", "recipe", "data", "validation_share", "limit", "settings", "grid")
MOST_RUNS = 1_000
LARGEST_FILE = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Sweep:
    """Many trainings."""

    name: str  # what their names begin with
    requests: tuple[RunRequest, ...]  # what each asks for, in the order of the grid


def read_sweep(path: Path) -> Sweep:
    """Read a sweep and check every training of it before any starts.

    Raises:
        InputError: When the file cannot be read or asks for something that cannot be trained.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise InputError(f"{shown(path.name)} is no file of settings: it is too large.")
        found = tomllib.loads(content.decode())
    except OSError as error:
        raise InputError(str(unreadable(path, error))) from error
    except ValueError as error:  # no UTF-8, or no TOML
        raise InputError(f"{shown(path.name)} cannot be read as TOML: {reason(error)}.") from error
    _only(found, KEYS, path.name)
    name = found.get("name", path.stem)
    if not isinstance(name, str) or not RUN_NAME.fullmatch(name):
        raise InputError(
            f"The sweep's name is {shown(str(name))}; use letters, digits, - and _, and begin with "
            "a letter or digit."
        )
    return Sweep(name, tuple(_requests(name, found, path)))


def _requests(name: str, found: Mapping[str, Any], path: Path) -> list[RunRequest]:
    fixed, grid = _table(found, "settings"), _table(found, "grid")
    allowed = ("recipe", *LIMITS)
    _only(fixed, allowed, "[settings]")
    _only(grid, allowed, "[grid]")
    if both := [key for key in grid if key in fixed or (key == "recipe" and key in found)]:
        raise InputError(f"{listed(both)} stands in the grid and outside it. Give it once.")
    for key, values in grid.items():
        if not isinstance(values, list) or not values or len(set(map(str, values))) < len(values):
            raise InputError(f"{key} in [grid] must be a list of different values.")
    combinations = list(product(*grid.values()))
    if len(combinations) > MOST_RUNS:
        raise InputError(f"The grid has {len(combinations):,} runs; at most {MOST_RUNS:,} are.")
    data = _data(found.get("data", "small"), path.parent)
    requests = []
    for values in combinations:
        chosen = dict(zip(grid, values, strict=True))
        requests.append(_request(name, {**_general(found), **fixed, **chosen}, chosen, data))
    return requests


def _general(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: found[key] for key in ("recipe", "validation_share", "limit") if key in found}


def _request(
    name: str, values: dict[str, Any], chosen: Mapping[str, Any], data: DataChoice
) -> RunRequest:
    share, limit = values.pop("validation_share", 0.1), values.pop("limit", 0)
    if isinstance(share, bool) or not isinstance(share, int | float):
        raise InputError(f"validation_share is {share!r}; it must be a number from 0 to 0.5.")
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise InputError(f"limit is {limit!r}; it must be a whole number.")
    try:
        values["recipe"] = Recipe(values.get("recipe", Recipe.ARTICLE))
    except ValueError as error:
        raise InputError(
            f"The recipe is {values['recipe']!r}; there are {listed(map(str, Recipe))}."
        ) from error
    full = "-".join([name, *(f"{key}{value}" for key, value in chosen.items())])
    if not RUN_NAME.fullmatch(full):
        raise InputError(
            f"A run would be called {shown(full, 100)}, which is too long. Shorten it."
        )
    recipe = values.pop("recipe")
    return RunRequest(settings_from(recipe, values), data, share, limit, name=full)


def _data(value: object, home: Path) -> DataChoice:
    if not isinstance(value, str) or not value:
        raise InputError(f'data is {value!r}; give "small", "imdb" or a path.')
    if value in (DataKind.SMALL, DataKind.IMDB):
        return DataChoice(DataKind(value))
    path = (home / value).expanduser().resolve()
    if not path.exists():
        raise InputError(f"There is no data at {shown(str(path), 200)}. Check the path.")
    return DataChoice(DataKind.PATH, str(path))


def _table(found: Mapping[str, Any], key: str) -> dict[str, Any]:
    table = found.get(key, {})
    if not isinstance(table, dict):
        raise InputError(f"{key} must be a table, written as [{key}].")
    return table


def _only(found: Mapping[str, Any], allowed: tuple[str, ...], where: str) -> None:
    if strange := [key for key in found if key not in allowed]:
        raise InputError(f"{shown(where)} has {listed(strange)}; known are {', '.join(allowed)}.")
