"""Settings: documented, exact, frozen; errors name the setting and never show a value."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from motherhaven.contract.errors import ConfigError
from motherhaven.settings import ServerSettings, Settings, load_server_settings, load_settings

ROOT = Path(__file__).parents[3]
LINE = re.compile(r"^([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in _names():
        monkeypatch.delenv(name, raising=False)


def _names() -> set[str]:
    return {n.upper() for n in (*Settings.model_fields, *ServerSettings.model_fields)}


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    """.env.example and the code name the same settings."""
    documented = [name for name, _ in LINE.findall((ROOT / ".env.example").read_text())]
    assert sorted(documented) == sorted(_names())


def test_the_example_holds_the_defaults(tmp_path: Path) -> None:
    """Copying .env.example to .env changes nothing."""
    before, before_server = load_settings(), load_server_settings()
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text())
    assert load_settings() == before
    assert load_server_settings() == before_server


def test_environment_beats_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the environment wins; unknown names are ignored."""
    (tmp_path / ".env").write_text("MAX_LEVERAGE=7\nTRADING_ASSETS=btc, doge\nWHATEVER=1\n")
    assert load_settings().max_leverage == 7
    assert load_settings().coins == ("BTC", "DOGE")
    monkeypatch.setenv("MAX_LEVERAGE", "3")
    assert load_settings().max_leverage == 3


def test_server_key_comes_from_env_local(tmp_path: Path) -> None:
    """.env.local holds the server's key, as in the guide, and beats .env."""
    (tmp_path / ".env").write_text("LLM_BOT_API_KEY=from-dot-env\n")
    (tmp_path / ".env.local").write_text("LLM_BOT_API_KEY=your-secret-api-key-12345\n")
    assert load_server_settings().llm_bot_api_key == "your-secret-api-key-12345"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_leverage", "0"),
        ("max_leverage", "2.5"),
        ("daily_loss_limit_usd", "NaN"),
        ("trading_assets", ",".join("ABCDEFGHIJK")),
        ("trading_mode", "demo"),
        ("motherhaven_timeout", "0"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    """The error names the setting as it stands in the file."""
    with pytest.raises(ConfigError, match=name.upper()):
        load_settings(**{name: value})


def test_no_secret_in_errors_or_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a wrong value nor a key is ever shown."""
    monkeypatch.setenv("LLM_BOT_API_KEY", "canary")
    with pytest.raises(ConfigError) as caught:
        load_server_settings()
    assert "canary" not in str(caught.value)
    settings = load_settings(motherhaven_api_key="canary-key", anthropic_api_key="canary-model")
    assert "canary" not in repr(settings)


def test_money_is_exact() -> None:
    """A limit is the decimal that was written."""
    assert load_settings(max_position_size_usd="0.1").max_position_size_usd == Decimal("0.1")


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"motherhaven_api_url": "localhost:3000", "motherhaven_api_key": "k"}, ["API_URL"]),
        ({}, ["API_KEY"]),
        ({"motherhaven_api_url": "", "motherhaven_api_key": "k"}, ["API_URL"]),
    ],
)
def test_integration_problems_are_listed(changes: dict[str, str], names: list[str]) -> None:
    """validate_motherhaven_config lists what is missing; disabled is no problem."""
    good, problems = load_settings(
        motherhaven_enabled=True, **changes
    ).validate_motherhaven_config()
    assert not good
    assert len(problems) == len(names)
    assert all(name in problem for name, problem in zip(names, problems, strict=True))
    assert load_settings().validate_motherhaven_config() == (True, [])


def test_live_mode_needs_its_keys() -> None:
    """Live trading without a wallet is listed; paper needs no key."""
    good, problems = load_settings(trading_mode="live").validate_api_keys()
    assert not good
    assert len(problems) == 2
    assert load_settings().validate_api_keys() == (True, [])


@pytest.mark.parametrize("name", ["hyperliquid_api_url", "ccxt_api_url"])
@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:9",
        "http://example.com:80",
        "http://127.0.0.1",
        "http://user:word@127.0.0.1:80",
        "http://127.0.0.1.example.com:80",
        "http://10.0.0.1:80",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:80/?to=elsewhere",
    ],
)
def test_another_address_of_a_venue_is_on_this_machine(name: str, url: str) -> None:
    """A signed order never goes to an address that somebody typed in."""
    with pytest.raises(ConfigError, match=f"{name.upper()}: only a fake venue on this machine"):
        load_settings(**{name: url})


def test_a_fake_venue_on_this_machine_may_have_an_address() -> None:
    """Loopback of both families is taken, without a slash at its end."""
    for url in ("http://127.0.0.1:8645/", "http://localhost:8645", "http://[::1]:8645"):
        assert load_settings(hyperliquid_api_url=url).venue_url == url.rstrip("/")


def test_books_of_two_networks_are_never_one() -> None:
    """The journal's name tells mainnet, testnet and a fake venue apart; so does ccxt's."""
    kinds = [
        load_settings(trading_mode="live", **more).journal_kind
        for more in (
            {"hyperliquid_testnet": False},
            {},
            {"hyperliquid_testnet": False, "hyperliquid_api_url": "http://127.0.0.1:1"},
            {"trading_venue": "ccxt:bybit", "ccxt_testnet": False},
        )
    ]
    assert kinds == ["live", "live_testnet", "live_local", "live"]
    assert load_settings(trading_mode="shadow").journal_kind == "shadow"


@pytest.mark.parametrize("name", ["binance", "ccxt:", "ccxt:../x", "ccxt:" + "a" * 41])
def test_a_venue_is_one_that_can_be_named(name: str) -> None:
    """Anything else is refused with the two forms that there are."""
    with pytest.raises(ConfigError, match="TRADING_VENUE: use hyperliquid or ccxt:NAME"):
        load_settings(trading_venue=name)


def test_no_key_of_a_venue_is_shown() -> None:
    """Neither in the settings' text nor in the error about one that is too long."""
    names = (
        "hyperliquid_wallet_private_key", "ccxt_api_key", "ccxt_secret", "ccxt_password",
    )  # fmt: skip
    settings = load_settings(**{name: f"canary-{name}" for name in names})
    assert "canary" not in repr(settings)
    assert settings.venue_secrets == tuple(f"canary-{name}" for name in names)
    with pytest.raises(ConfigError) as caught:
        load_settings(hyperliquid_wallet_private_key="canary" * 100)
    assert "canary" not in str(caught.value)
