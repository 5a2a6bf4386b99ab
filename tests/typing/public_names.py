"""The names that users import, with their types; checked by mypy, never run."""

from decimal import Decimal
from typing import assert_type

from config.settings import Settings, get_settings, settings
from motherhaven.recorder import Recorded
from trading.logger import TradingLogger, get_logger
from web.motherhaven_logger import MotherhavenLogger


def logger_names(logger: TradingLogger) -> None:
    assert_type(logger.log_decision({"coin": "BTC"}, "raw", "system", "user"), int)
    assert_type(logger.log_account_state(1000, Decimal("1050.5")), int)
    assert_type(logger.log_position_entry("p", "BTC", "long", 1.5, 20, 3), int)
    assert_type(logger.log_position_exit("p", 2, Decimal("0.1")), bool)
    assert_type(logger.motherhaven, MotherhavenLogger | None)
    logger.log_bot_status("running", "fine")
    recorded = logger.recorder.record("status", {"status": "running"})
    assert_type(recorded, Recorded)


def client_names(client: MotherhavenLogger) -> None:
    assert_type(client.log_status("running", "fine", 1, 2.5), bool)
    assert_type(client.log_account_state(1000, 1050), bool)


def settings_names() -> None:
    assert_type(get_settings(), Settings)
    assert_type(settings.max_position_size_usd, Decimal)
    assert_type(settings.validate_motherhaven_config(), tuple[bool, list[str]])
    assert_type(get_logger(), TradingLogger)
