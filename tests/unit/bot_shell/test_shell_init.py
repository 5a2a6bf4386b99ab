"""`motherhaven init`: safe defaults, nothing overwritten, live only in words and then refused."""

import stat

import pytest

from motherhaven.cli.init import init
from motherhaven.contract.errors import ConfigError
from motherhaven.settings import check_names, load_server_settings, load_settings


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty folder, and no keys in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "LLM_BOT_API_KEY", "TRADING_MODE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / ".env"


def answers(*given):
    """Answers in order, then the defaults; what was asked is kept."""
    left = list(given)

    def ask(question, default, hidden):
        ask.asked.append((question, hidden))
        answer = left.pop(0) if left else None
        return default if answer is None else answer

    ask.asked = []
    return ask


def test_yes_asks_nothing_and_writes_a_private_file_that_works(place):
    """0600, paper money, one key on both sides of the wire."""
    init(place, answers(), yes=True, force=False)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    settings = load_settings()
    assert settings.trading_mode == "paper"
    assert settings.motherhaven_api_key == load_server_settings().llm_bot_api_key
    assert len(settings.motherhaven_api_key) >= 32
    assert list(place.parent.iterdir()) == [place]


def test_answers_are_written_and_checked(place):
    """Coins, decider with its hidden key, limits; a value that cannot be is named."""
    ask = answers("paper", "BTC, SOL", "anthropic:some-model", "a key #1", "conservative", "777")
    init(place, ask, yes=False, force=False)
    settings = load_settings()
    assert settings.coins == ("BTC", "SOL")
    assert settings.anthropic_api_key == "a key #1"
    assert (settings.trading_preset, settings.paper_deposit_usd) == ("conservative", 777)
    assert [hidden for question, hidden in ask.asked if "hidden" in question] == [True]
    place.unlink()
    with pytest.raises(ConfigError, match="MAX_LEVERAGE"):
        init(place, answers("paper", None, None, None, None, None, "900"), yes=False, force=False)
    assert not place.exists()


def test_a_file_that_is_there_stays_unless_told(place):
    """With --yes never without --force; by hand only after the word."""
    place.write_text("MAX_LEVERAGE=2\n")
    for ask, yes in ((answers(), True), (answers("yes"), False), (answers(None), False)):
        with pytest.raises(ConfigError, match="stays as it is"):
            init(place, ask, yes=yes, force=False)
    assert place.read_text() == "MAX_LEVERAGE=2\n"
    init(place, answers("overwrite"), yes=False, force=False)
    assert "TRADING_MODE=paper" in place.read_text()
    init(place, answers(), yes=True, force=True)


def test_real_money_is_never_one_answer_away(place):
    """It is set up by hand and armed; nothing is written, and the way there is named."""
    with pytest.raises(ConfigError, match="motherhaven arm"):
        init(place, answers("live"), yes=False, force=False)
    assert not place.exists()


def test_the_server_s_key_is_taken_over(place):
    """A server that is set up already keeps its key."""
    (place.parent / ".env.local").write_text("LLM_BOT_API_KEY=server-key-123\n")
    init(place, answers(), yes=True, force=False)
    assert load_settings().motherhaven_api_key == "server-key-123"


def test_a_line_break_cannot_smuggle_a_setting_in(place):
    """An answer is one value, never two lines."""
    with pytest.raises(ConfigError, match="line break"):
        init(place, answers("paper", "BTC\nTRADING_MODE=live"), yes=False, force=False)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"Coins": "BTC,BTC"}, "BTC comes twice"),
        ({"Coins": "xyz:TSLA"}, "does not trade"),
        ({"Who decides": "emacross"}, "did you mean ema-cross?"),
        ({"Preset": "bold"}, "TRADING_PRESET"),
        ({"Paper money": "-5"}, "PAPER_DEPOSIT_USD"),
        ({"Most margin": "0"}, "MAX_POSITION_SIZE_USD"),
        ({"Most leverage": "500"}, "MAX_LEVERAGE"),
        ({"No new entries": "NaN"}, "DAILY_LOSS_LIMIT_USD"),
    ],
)
def test_nothing_is_written_that_the_bot_would_refuse(place, asked, says):
    """Each answer is checked as at the bot's start, before a byte is written."""

    def ask(question, default, hidden):
        return next((value for key, value in asked.items() if question.startswith(key)), default)

    with pytest.raises(ConfigError) as caught:
        init(place, ask, yes=False, force=False)
    assert says in str(caught.value)
    assert not place.exists()


def test_what_is_written_is_accepted_by_the_bots_checks(place, monkeypatch):
    """The defaults have no unknown, repeated or misspelt name."""
    init(place, lambda question, default, hidden: default, yes=True, force=False)
    assert check_names(place, {}) == []
