"""JSON for frozen dataclasses: `to_json` writes one, `from_json` reads it and checks every type.

Supported field types: str, int, float, bool, enums, tuples, mappings with text keys, nested
dataclasses and unions of these (``float | None``). Unknown keys are ignored, so that an older
version reads what a newer one wrote; a missing key takes the field's default.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_json(value: Any, *, indent: int | None = None) -> str:
    """A dataclass as JSON text; not-a-number and infinity are refused with ValueError."""
    return json.dumps(asdict(value), ensure_ascii=False, indent=indent, allow_nan=False)


def from_json(wanted: type[T], text: str | bytes) -> T:
    """A dataclass of JSON text.

    Raises:
        ValueError, TypeError, KeyError: The text is no JSON, or does not fit the dataclass.
    """
    return decode(wanted, loads(text))


def loads(text: str | bytes) -> Any:
    """Plain values of JSON text; not-a-number and infinity are refused with ValueError."""
    return json.loads(text, parse_constant=_no_constant)


def decode(wanted: type[T], value: Any, where: str = "") -> T:
    """A value of a declared type of plain JSON values, every type checked on the way.

    Args:
        wanted: The declared type.
        value: What `json.loads` returned.
        where: Names the value in an error.

    Raises:
        ValueError, TypeError, KeyError: The value does not fit.
    """
    return cast(T, _decode(wanted, value, where or getattr(wanted, "__name__", "value")))


def _decode(wanted: Any, value: Any, where: str) -> Any:
    if is_dataclass(wanted) and isinstance(wanted, type):
        return _decode_dataclass(wanted, value, where)
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin is tuple:
        return _decode_tuple(arguments, value, where)
    if origin is Mapping or origin is dict:
        if not isinstance(value, dict):
            raise TypeError(f"{where} is not an object")
        return {key: _decode(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if origin is Union or origin is UnionType:
        return _decode_union(arguments, value, where)
    if wanted is Any or wanted is object:
        return value
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return wanted(value)
    return _decode_plain(wanted, value, where)


def _decode_dataclass(wanted: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"{where} is not an object")
    hints = get_type_hints(wanted)
    given = {}
    for field in fields(wanted):
        if field.name in value:
            name = f"{where}.{field.name}"
            given[field.name] = _decode(hints[field.name], value[field.name], name)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise KeyError(f"{where} lacks {field.name}")
    return wanted(**given)


def _decode_tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"{where} is not a list")
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_decode(arguments[0], item, where) for item in value)
    if len(value) != len(arguments):
        raise ValueError(f"{where} has {len(value)} items, not {len(arguments)}")
    return tuple(_decode(one, item, where) for one, item in zip(arguments, value, strict=True))


def _decode_union(arguments: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in arguments:
        return None
    errors: list[Exception] = []
    exact = [one for one in arguments if one is type(value)]
    for one in (*exact, *(a for a in arguments if a is not type(None) and a not in exact)):
        try:
            return _decode(one, value, where)
        except (TypeError, ValueError, KeyError) as error:
            errors.append(error)
    raise TypeError(f"{where} holds {type(value).__name__}") from errors[0]


def _decode_plain(wanted: Any, value: Any, where: str) -> Any:
    allowed: tuple[type, ...] = (int, float) if wanted is float else (wanted,)
    if not isinstance(value, allowed) or (isinstance(value, bool) and wanted is not bool):
        raise TypeError(f"{where} must be of type {wanted.__name__}, not {type(value).__name__}")
    if isinstance(value, str):
        value.encode()  # JSON may name halves of characters; UnicodeEncodeError is a ValueError
    return wanted(value)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")
