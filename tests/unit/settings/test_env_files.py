"""What stands in `.env` and has no effect is told, and stops the bot where it may be a limit."""

from pathlib import Path

import pytest

from motherhaven.bot.running.entry import main
from motherhaven.cli import doctor
from motherhaven.contract.errors import ConfigError
from motherhaven.settings import (
    ServerSettings,
    Settings,
    check_names,
    load_server_settings,
    load_settings,
    require_names,
)
from motherhaven.settings.names import KNOWN, SAFETY, meant

CASES = Path(__file__).parents[2] / "cases" / "env"
ENV = Path(".env")
NAMED = {
    "latin1.env": ["line 1", "0xe9", "UTF-8"],
    "money_negative.env": ["DAILY_LOSS_LIMIT_USD", "MAX_POSITION_SIZE_USD", "PAPER_DEPOSIT_USD"],
    "typo_name.env": ["MAX_POSITION_SIZE_USD?", "MAX_LEVERGE", "MAX_LEVERAGE?"],
    "zone_bad.env": ["DAY_ZONE", "Asia/Shanghai"],
}


@pytest.fixture(autouse=True)
def _empty_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (*Settings.model_fields, *ServerSettings.model_fields):
        monkeypatch.delenv(name.upper(), raising=False)


def test_every_case_is_here():
    """A file without an expectation would not be tried."""
    assert {path.name for path in CASES.iterdir()} == set(NAMED)


@pytest.mark.parametrize(("file", "words"), NAMED.items())
def test_a_case_is_named_at_the_bots_start_and_stops_it(file, words, capsys):
    """Exit code 1, the setting or the line, and what was meant."""
    ENV.write_bytes((CASES / file).read_bytes())
    assert main(["start"]) == 1
    said = capsys.readouterr().err
    assert all(word in said for word in words), said
    assert not Path("data").exists()


@pytest.mark.parametrize(("file", "words"), NAMED.items())
def test_a_case_is_named_by_doctor_which_fails(file, words, capsys):
    """The same words, and a non-zero exit code."""
    ENV.write_bytes((CASES / file).read_bytes())
    assert doctor.run(None, alert=False) == 1
    said = capsys.readouterr().out
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"MAX_LEVERAGE=3\n# caf\xe9\n", 2),
        (b"\xff\xfeM\x00A\x00", 1),
        (b"A=1\r\nB=2\r\nC=\x80\r\n", 3),
        (b"\xef\xbb\xbfA=1\n\xc3(", 2),
        ("MAX_LEVERAGE=3\n".encode("utf-16"), 1),
        ("MAX_LEVERAGE=3\n".encode("utf-16-le"), 1),
        ("MAX_LEVERAGE=3\n".encode("utf-16-be"), 1),
        ("MAX_LEVERAGE=3\n".encode("utf-32"), 1),
        ("MAX_LEVERAGE=3\n".encode("utf-32-be"), 1),
        (b"MAX_LEVERAGE=3\nDAILY_LOSS_LIMIT_USD=1\x00\n", 2),
    ],
)
@pytest.mark.parametrize("name", [".env", ".env.local"])
def test_a_file_that_is_not_utf8_is_named_with_its_line(data, line, name):
    """Never a traceback, for the bot and the server."""
    Path(name).write_bytes(data)
    load = load_settings if name == ".env" else load_server_settings
    with pytest.raises(ConfigError, match=rf"{name}: line {line}: ") as caught:
        load()
    assert "UTF-8" in str(caught.value)
    with pytest.raises(ConfigError, match=f"line {line}"):
        check_names()


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffMAX_LEVERAGE=3\n",
        "MAX_LEVERAGE=3\r\nLOG_LEVEL=DEBUG\r\n",
        "export MAX_LEVERAGE=3\n",
        "MAX_LEVERAGE=3 # at most\n",
        "MAX_LEVERAGE='3'\n",
        '  MAX_LEVERAGE = "3"  \n',
        "max_leverage=3\n",
        "# a comment\n\nMAX_LEVERAGE=3",
        "MAX_LEVERAGE=3\nMAX_LEVERAGE=3\n",
    ],
)
def test_spellings_of_a_line_that_count(text):
    """BOM, CRLF, export, quotes, comments, spaces, lower case: the limit holds."""
    ENV.write_bytes(text.encode())
    assert load_settings().max_leverage == 3
    require_names()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("MAX_LEVERAGE 3\n", "line 1: cannot be read as NAME=value; write MAX_LEVERAGE="),
        ("\n\nMAX_LEVERAGE: 3\n", "line 3: cannot be read"),
        ("MAX_LEVERAGE\n", "line 1: cannot be read"),
        ('MAX_LEVERAGE="3\n', "line 1: cannot be read"),
        ("MAX_LEVERAGE=1\nMAX_LEVERAGE=10\n", "line 2: MAX_LEVERAGE stands in line 1 already"),
        ("MAX_LEVERAGE=1\nmax_leverage=10\n", "line 2: MAX_LEVERAGE stands in line 1 already"),
        ("MAX_TOTAL_USD=100\n", "did you mean MAX_TOTAL_MARGIN_USD?"),
        ("MOTHERHAVEN_MAX_LEVERAGE=2\n", "did you mean MAX_LEVERAGE?"),
        ("MAX_DAILY_LOSS=2\n", "did you mean DAILY_LOSS_LIMIT_USD?"),
    ],
)
def test_a_limit_that_does_not_hold_stops_the_bot(text, words):
    """The user thinks that it is set."""
    ENV.write_text(text)
    with pytest.raises(ConfigError) as caught:
        require_names()
    assert words in str(caught.value)


def slips(name):
    """A letter lost, doubled, swapped and replaced in the middle; an underscore lost."""
    at = len(name) // 2
    yield name[:at] + name[at + 1 :]
    yield name[:at] + name[at] + name[at:]
    yield name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]
    yield name[:at] + "Q" + name[at + 1 :]
    yield name.replace("_", "", 1)


@pytest.mark.parametrize("name", sorted(SAFETY))
def test_every_slip_in_the_name_of_a_limit_stops_the_bot(name):
    """In .env and in the environment."""
    for slip in slips(name):
        if slip in KNOWN:
            continue
        problems = check_names(ENV, {slip: "1"})
        assert [one.stops for one in problems] == [True], slip
        ENV.write_text(f"{slip}=1\n")
        assert [one.stops for one in check_names(ENV, {})] == [True], slip
        ENV.unlink()


def test_a_slip_in_another_setting_is_told_and_stops_nothing():
    """LOG_LEVL limits nothing."""
    ENV.write_text("LOG_LEVL=DEBUG\nWHATEVER=1\nMY_OWN=2\nWHATEVER=1\n")
    told = require_names(ENV, {})
    assert told == [
        ".env: line 1: LOG_LEVL is no setting; did you mean LOG_LEVEL?",
        ".env: unknown names, ignored: WHATEVER, MY_OWN",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "PATH", "HOME", "OPENAI_ORG_ID", "OPENAI_API_BASE", "ANTHROPIC_MODEL", "DEEPSEEK_API_KEY",
        "OPENROUTER_API_KEY", "GEMINI_API_KEY", "XAI_API_KEY", "OLLAMA_BASE_URL",
        "NEXT_PUBLIC_API_URL", "LLM_BOT_API_KEY", "POSTGRES_PASSWORD", "COMPOSE_PROJECT_NAME",
        "TELEGRAM_TOKEN", "AWS_REGION", "HTTPS_PROXY", "DATABASE_URL", "TZ",
    ],
)  # fmt: skip
def test_names_of_other_tools_are_no_concern_of_ours(name):
    """Neither told nor stopped, wherever they stand."""
    ENV.write_text(f"{name}=x\n")
    assert check_names(ENV, {name: "x"}) == []


def test_the_environment_of_a_machine_is_quiet():
    """Names that any machine or build service has resemble no limit."""
    names = (
        "LS_COLORS LOGNAME MAIL SHLVL DISPLAY XAUTHORITY SSH_AUTH_SOCK MAX_JOBS MAKEFLAGS "
        "TRADING_DESK LEVERAGE_MODEL POSITION PRICE PRICES MODEL MODEL_NAME MAX_TOKENS TESTNET "
        "COINS LIMIT_CPU MAX_CONNECTIONS MAX_WORKERS DAY ZONE TIME_ZONE DAILY_REPORT"
    )
    assert check_names(ENV, dict.fromkeys(names.split(), "1")) == []


def test_a_limit_in_the_servers_file_is_told():
    """The bot reads .env alone."""
    Path(".env.local").write_text("LLM_BOT_API_KEY=12345678\nMAX_LEVERAGE=1\n")
    with pytest.raises(ConfigError, match=r"MAX_LEVERAGE is read from \.env, not from here"):
        require_names(ENV, {})
    ENV.write_text("MAX_LEVERAGE=2\n")
    assert require_names(ENV, {}) == []


def test_unknown_names_never_stop_who_only_reads_settings():
    """The recorder in somebody's own bot: its `.env` holds that bot's limits, by its names."""
    ENV.write_text("MAX_POSITION_USD=5\nMAX_LEVERAGE=3\n")
    assert load_settings().max_leverage == 3


def test_a_setting_of_nobody_resembles_nothing():
    """Long and odd names cost nothing and mean nothing."""
    assert meant("X" * 100_000, KNOWN) is None
    assert meant("", KNOWN) is None


def test_compose_hands_every_limit_of_its_env_file_to_the_bot():
    """What is not handed on would not hold in the container, though it stands in .env."""
    compose = (Path(__file__).parents[3] / "compose.yaml").read_text()
    assert [name for name in sorted(SAFETY) if f"{name}: ${{{name}:-}}" not in compose] == []
