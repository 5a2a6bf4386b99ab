"""A decision with a very long raw answer, shipped by the real recorder in parts."""

from motherhaven.recorder import open_logger
from motherhaven.settings import load_settings
from tests.acceptance.processes import KEY
from tests.browser.conftest import Site


def send_long_answer(site: Site, characters: int) -> str:
    """Record and ship one decision whose raw answer has so many characters; its event id."""
    settings = load_settings(
        motherhaven_enabled=True,
        motherhaven_api_url=f"http://127.0.0.1:{site.port}",
        motherhaven_api_key=KEY,
    )
    logger = open_logger(settings, path=site.folder / "long.db", bot_name="long")
    text = "begin of a long answer\n" + "0123456789abcde\n" * (characters // 16)
    recorded = logger.recorder.record(
        "decision",
        {
            "coin": "BTC",
            "signal": "hold",
            "quantity_usd": 0,
            "leverage": 1,
            "confidence": "0.5",
            "justification": "long",
            "raw_response": text,
        },
    )
    assert logger.flush(120), logger.stats()
    logger.close()
    return recorded.event_id
