"""A dataclass made by quick_init is the one that it would be without, but for its speed."""

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motherhaven.contract.quick_init import quick_init, quick_inside


@dataclass(frozen=True, slots=True)
class Plain:
    """A field of each kind."""

    first: object
    second: object = 2
    many: list[object] = field(default_factory=list)
    told: str = field(default="no", repr=False)


@quick_init
@dataclass(frozen=True, slots=True)
class Quick:
    """The same fields."""

    first: object
    second: object = 2
    many: list[object] = field(default_factory=list)
    told: str = field(default="no", repr=False)


@quick_inside
@dataclass(frozen=True, slots=True)
class Inside:
    """The same fields; nothing at run time keeps them from being set."""

    first: object
    second: object = 2
    many: list[object] = field(default_factory=list)
    told: str = field(default="no", repr=False)


NAMES = ("first", "second", "many", "told")


@given(
    values=st.lists(st.one_of(st.integers(), st.text(), st.none()), max_size=4),
    named=st.dictionaries(st.sampled_from([*NAMES, "other"]), st.integers(), max_size=3),
)
def test_it_takes_and_refuses_what_the_plain_one_does(
    values: list[object], named: dict[str, object]
) -> None:
    """Any arguments give the same fields, or a TypeError in both."""
    found = []
    for kind in (Plain, Quick, Inside):
        try:
            made = kind(*values, **named)  # type: ignore[arg-type]
        except TypeError:
            found.append(None)
        else:
            found.append([getattr(made, name) for name in NAMES])
    assert found[0] == found[1] == found[2]


def test_it_is_frozen_and_copied_like_the_plain_one() -> None:
    """Nothing can be set, and what dataclasses can do, it can."""
    made = Quick(1, many=[3])
    assert type(made) is Quick
    with pytest.raises(FrozenInstanceError):
        made.first = 2  # type: ignore[misc]
    assert replace(made, second=5) == Quick(1, 5, [3])
    assert copy.deepcopy(made) == copy.copy(made) == pickle.loads(pickle.dumps(made)) == made
    assert Quick(1).many is not Quick(1).many
    assert hash(Quick(1, many=())) == hash(Plain(1, many=()))  # type: ignore[arg-type]
    assert repr(made) == repr(Plain(1, many=[3])).replace("Plain", "Quick")


def test_what_stays_inside_is_like_it_but_for_being_frozen() -> None:
    """It is made, copied, compared and hashed likewise."""
    made = Inside(1, many=[3])
    assert replace(made, second=5) == Inside(1, 5, [3])
    assert copy.deepcopy(made) == copy.copy(made) == pickle.loads(pickle.dumps(made)) == made
    assert hash(Inside(1, many=())) == hash(Plain(1, many=()))  # type: ignore[arg-type]
    assert not hasattr(made, "__dict__")


def test_its_parameters_are_told() -> None:
    """Documentation and editors see the names and what has a default."""
    told, plain = inspect.signature(Quick).parameters, inspect.signature(Plain).parameters
    assert list(told) == list(plain)
    assert [one.default is inspect.Parameter.empty for one in told.values()] == [
        one.default is inspect.Parameter.empty for one in plain.values()
    ]


def test_a_class_that_is_not_plain_is_refused() -> None:
    """Bases, __post_init__ and fields outside __init__ are not known to it."""

    @dataclass(frozen=True, slots=True)
    class Later:
        first: int

        def __post_init__(self) -> None:
            """Anything."""

    @dataclass(frozen=True, slots=True)
    class Apart:
        first: int = field(init=False, default=1)

    for kind in (Later, Apart):
        with pytest.raises(TypeError, match="leave quick_init out"):
            quick_init(kind)
