"""Frozen dataclasses as JSON and back without loss, by the types of their fields.

A Fraction is written as `1003/1826`, a Decimal, date or moment as its text, a choice as its stored value, a tuple as
a list, and a value of several possible types as [type, value]. What does not fit its type is a TypeError.
"""

from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints

AS_TEXT = {
    Fraction: (str, Fraction),
    Decimal: (str, Decimal),
    datetime: (datetime.isoformat, datetime.fromisoformat),
    date: (date.isoformat, date.fromisoformat),
}


def dump(value, kind):
    """The JSON data of a value of that type."""
    arms = _arms(kind)
    if arms:
        return _dump_one_of(value, arms)
    if get_origin(kind) is tuple:
        _require(isinstance(value, tuple), value, kind)
        return [dump(item, of) for item, of in zip(value, _items(kind, len(value)), strict=True)]
    if is_dataclass(kind):
        _require(isinstance(value, kind), value, kind)
        return {name: dump(getattr(value, name), of) for name, of, _ in _fields(kind)}
    if kind in AS_TEXT:
        _require(type(value) is kind, value, kind)
        return AS_TEXT[kind][0](value)
    _require(isinstance(value, kind) and isinstance(value, bool) == (kind is bool), value, kind)
    return value.value if isinstance(value, Enum) else value


def load(data, kind):
    """The value of that type; a field that was not stored then has its default."""
    arms = _arms(kind)
    if arms:
        return _load_one_of(data, arms)
    if get_origin(kind) is tuple:
        return tuple(load(item, of) for item, of in zip(data, _items(kind, len(data)), strict=True))
    if is_dataclass(kind):
        stored = {name: load(data[name], of) for name, of, needed in _fields(kind) if needed or name in data}
        return kind(**stored)
    if kind in AS_TEXT:
        return AS_TEXT[kind][1](data)
    return kind(data) if issubclass(kind, Enum) else data


def _dump_one_of(value, arms):
    if value is None:
        _require(NoneType in arms, value, arms)
        return None
    possible = [arm for arm in arms if arm is not NoneType]
    if len(possible) == 1:
        return dump(value, possible[0])
    arm = next((arm for arm in possible if type(value) is arm), None)
    _require(arm is not None, value, arms)
    return [arm.__qualname__, dump(value, arm)]


def _load_one_of(data, arms):
    if data is None:
        return None
    possible = [arm for arm in arms if arm is not NoneType]
    if len(possible) == 1:
        return load(data, possible[0])
    name, stored = data
    return load(stored, next(arm for arm in possible if arm.__qualname__ == name))


def _arms(kind):
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else ()


def _items(kind, length):
    """The type of each item of a tuple so long."""
    of = get_args(kind)
    return [of[0]] * length if len(of) == 2 and of[1] is Ellipsis else of


@cache
def _fields(kind):
    """(name, type, whether it has no default) of each field."""
    hints = get_type_hints(kind)
    return [
        (f.name, hints[f.name], f.default is MISSING and f.default_factory is MISSING) for f in fields(kind)
    ]


def _require(fits, value, kind):
    if not fits:
        raise TypeError(f"{value!r} is no {kind}")
