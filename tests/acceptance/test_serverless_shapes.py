"""What Vercel and Netlify would refuse: their files against the documented shape, without network.

The shapes are written from the two hosts' public reference, as far as our files may use it. A
key that is not listed here is refused, as the hosts refuse it, so a new one is looked up first.
"""

import json
import re
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from tests.acceptance.processes import ROOT

Check = Callable[[Any], bool]
Rule = dict[str, Any]

STATUSES = {200, 301, 302, 303, 307, 308, 404}
MOST_SECONDS = 300
"""The longest maxDuration that Vercel gives a function of a paid plan by default."""


def is_flag(value: Any) -> bool:
    """A boolean."""
    return isinstance(value, bool)


def is_text(value: Any) -> bool:
    """A text that says something and fits a command line."""
    return isinstance(value, str) and 0 < len(value) <= 256


def is_path(value: Any) -> bool:
    """A pattern of a path of the site."""
    return is_text(value) and value.startswith("/") and balanced(value)


def is_target(value: Any) -> bool:
    """A path of the site, or an address that is reached in secret."""
    return is_text(value) and value.startswith(("/", "https://"))


def is_folder(value: Any) -> bool:
    """A folder within the project."""
    return is_text(value) and not value.startswith("/") and ".." not in value.split("/")


def balanced(pattern: str) -> bool:
    """Whether its parentheses are those of a regular expression."""
    try:
        re.compile(re.sub(r":(\w+)\*?", "x", pattern))
    except re.error:
        return False
    return True


def is_headers(value: Any) -> bool:
    """A list of names and values that fit into a header."""
    return bool(value) and all(
        set(one) == {"key", "value"}
        and re.fullmatch(r"[A-Za-z0-9-]+", one["key"])
        and is_text(one["value"])
        and "\n" not in one["value"]
        for one in value
    )


def is_functions(value: Any) -> bool:
    """Patterns of files below api/, each with limits that Vercel knows."""
    return bool(value) and all(
        name.startswith("api/")
        and set(limits) <= {"maxDuration", "memory"}
        and 1 <= limits.get("maxDuration", 1) <= MOST_SECONDS
        and 128 <= limits.get("memory", 128) <= 3_009
        for name, limits in value.items()
    )


def rules(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    """A list of objects with these keys and no others."""

    def fits(value: Any) -> bool:
        return isinstance(value, list) and all(
            required.keys() <= one.keys() <= required.keys() | optional.keys()
            and all((required | optional)[name](given) for name, given in one.items())
            for one in value
        )

    return fits


VERCEL: dict[str, Check] = {
    "$schema": lambda value: value == "https://openapi.vercel.sh/vercel.json",
    "framework": lambda value: value is None,
    "installCommand": is_text,
    "buildCommand": is_text,
    "outputDirectory": is_folder,
    "cleanUrls": is_flag,
    "trailingSlash": is_flag,
    "redirects": rules(
        {"source": is_path, "destination": is_target},
        {"permanent": is_flag, "statusCode": lambda value: value in STATUSES - {200, 404}},
    ),
    "rewrites": rules({"source": is_path, "destination": is_target}, {}),
    "headers": rules({"source": is_path, "headers": is_headers}, {}),
    "functions": is_functions,
}
NETLIFY: dict[str, Check] = {
    "build": lambda value: (
        set(value) <= {"base", "command", "publish"}
        and is_folder(value["publish"])
        and is_folder(value.get("base", "."))
        and is_text(value["command"])
    ),
    "redirects": rules(
        {"from": is_path, "to": is_target},
        {"status": lambda value: value in STATUSES, "force": is_flag},
    ),
    "headers": rules(
        {"for": is_path, "values": lambda value: all(map(is_text, value.values()))}, {}
    ),
}


def problems(config: dict[str, Any], shape: dict[str, Check]) -> list[str]:
    """The keys that a host does not know or whose value it refuses."""
    return [name for name, value in config.items() if name not in shape or not shape[name](value)]


def unbound(source: str, target: str) -> set[str]:
    """What a target of Vercel's repeats though its source does not name it."""
    named = set(re.findall(r":(\w+)", source))
    return set(re.findall(r":([a-zA-Z]\w*)", target)) - named


def misplaced(rule: Rule) -> list[str]:
    """What Netlify would not match: a star that is not last, a splat without a star."""
    stars = rule["from"].count("*")
    found = [] if stars == 0 or (stars == 1 and rule["from"].endswith("/*")) else ["star"]
    return found + (["splat"] if ":splat" in rule["to"] and stars == 0 else [])


def vercel_files() -> dict[str, dict[str, Any]]:
    """Each vercel.json of the checkout."""
    places = ("vercel.json", "deploy/serverless/vercel.json")
    return {place: json.loads((ROOT / place).read_text(encoding="utf-8")) for place in places}


def netlify() -> dict[str, Any]:
    """netlify.toml."""
    return tomllib.loads((ROOT / "netlify.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("place", vercel_files())
def test_vercel_s_files_have_the_shape_that_vercel_takes(place: str) -> None:
    """No unknown key, no wrong value; targets repeat what their sources name."""
    config = vercel_files()[place]
    assert problems(config, VERCEL) == []
    for rule in [*config.get("redirects", []), *config.get("rewrites", [])]:
        assert unbound(rule["source"], rule["destination"]) == set()
    assert not {"routes", "builds"} & config.keys(), "they exclude the others"


def test_netlify_s_file_has_the_shape_that_netlify_takes() -> None:
    """No unknown key, no wrong value; a star is last, and a splat has one."""
    config = netlify()
    assert problems(config, NETLIFY) == []
    assert [misplaced(rule) for rule in config["redirects"]] == [[]] * len(config["redirects"])


def test_no_rule_of_netlify_s_is_hidden_by_one_before_it() -> None:
    """The first rule that matches is taken: /api before all, /llm-bot before what is below it."""
    sources = [rule["from"] for rule in netlify()["redirects"]]
    for place, source in enumerate(sources):
        earlier = [one for one in sources[:place] if one.endswith("*")]
        assert not any(source.startswith(one[:-1]) for one in earlier), source


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"rewrite": []}, "rewrite"),
        ({"cleanUrls": "yes"}, "cleanUrls"),
        ({"rewrites": [{"source": "api/(.*)", "destination": "/x"}]}, "rewrites"),
        ({"rewrites": [{"source": "/(.*", "destination": "/x"}]}, "rewrites"),
        ({"rewrites": [{"source": "/a", "destination": "http://plain.example"}]}, "rewrites"),
        ({"redirects": [{"source": "/", "to": "/llm-bot"}]}, "redirects"),
        ({"headers": [{"source": "/", "headers": [{"key": "A b", "value": "c"}]}]}, "headers"),
        ({"functions": {"api/index.py": {"maxDuration": 9_000}}}, "functions"),
        ({"outputDirectory": "/dashboard/out"}, "outputDirectory"),
    ],
)
def test_a_shape_that_vercel_refuses_is_found(change: dict[str, Any], wrong: str) -> None:
    """The check is no rubber stamp."""
    assert problems({**vercel_files()["vercel.json"], **change}, VERCEL) == [wrong]


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ({"from": "/*/x", "to": "/y"}, ["star"]),
        ({"from": "/a*b", "to": "/y"}, ["star"]),
        ({"from": "/a", "to": "/:splat"}, ["splat"]),
        ({"from": "/a/*", "to": "/:splat"}, []),
    ],
)
def test_a_rule_that_netlify_would_not_match_is_found(rule: Rule, wrong: list[str]) -> None:
    """Neither is this one."""
    assert misplaced(rule) == wrong


def test_a_target_without_its_name_is_found() -> None:
    """A name that the source lacks would be sent on as it is written."""
    assert unbound("/api/:path*", "https://x.example/api/:rest*") == {"rest"}
