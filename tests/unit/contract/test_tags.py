"""Tags: few, short, in plain characters; what a status tells of them cannot cost the status."""

import pytest

from motherhaven.contract.errors import ConfigError
from motherhaven.contract.events import StatusReported
from motherhaven.contract.tags import MAX_TAG_CHARS, MAX_TAGS, tag_list
from motherhaven.settings import load_settings

BEAT = {"timestamp": "2026-01-01T00:00:00Z", "status": "running"}


def test_tags_are_told_once_each_in_lower_case() -> None:
    """Spaces and empty parts go; the order is the user's."""
    assert tag_list([" Trend", "eu-1", "", "trend", "v2.0"]) == ("trend", "eu-1", "v2.0")


@pytest.mark.parametrize(
    "parts",
    [
        ["two words"],
        ["<b>"],
        ["-x"],
        ["x" * (MAX_TAG_CHARS + 1)],
        [str(n) for n in range(9)],
        ["ä"],
    ],
)
def test_what_is_no_tag_is_refused(parts: list[str]) -> None:
    """Other characters, too long, too many."""
    with pytest.raises(ValueError, match="tag"):
        tag_list(parts)


def test_the_setting_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """MOTHERHAVEN_TAGS is read by commas; a wrong one names the setting."""
    monkeypatch.setenv("MOTHERHAVEN_TAGS", "trend, EU")
    assert load_settings().motherhaven_tags == ("trend", "eu")
    monkeypatch.setenv("MOTHERHAVEN_TAGS", "trend,no good")
    with pytest.raises(ConfigError, match="MOTHERHAVEN_TAGS"):
        load_settings()


@pytest.mark.parametrize("tags", ["trend", ["<b>"], ["x"] * (MAX_TAGS + 1), 7, [None], {"a": 1}])
def test_a_status_with_wrong_tags_is_a_status_without(tags: object) -> None:
    """Whoever sends it, the rest counts."""
    assert StatusReported.model_validate({**BEAT, "tags": tags}).tags is None
    assert StatusReported.model_validate({**BEAT, "tags": ["a", "b"]}).tags == ("a", "b")
