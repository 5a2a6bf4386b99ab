"""What to do about an error: advice by what its message says, else by its kind."""

from typing import Final

_BY_WORDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("guard", "kill switch", "Find out why it was engaged, then re-arm it by hand."),
    ("guard", "not armed", "Arm live trading explicitly, or set TRADING_MODE=paper."),
    ("guard", "leverage", "Tell the model the limit in its prompt, or raise MAX_LEVERAGE."),
    ("guard", "daily loss", "Wait for the next trading day; look at the day's trades before "
     "DAILY_LOSS_LIMIT_USD is raised."),
    ("guard", "today's loss", "Wait for the next trading day; look at the day's trades before "
     "DAILY_LOSS_LIMIT_USD is raised."),
    ("guard", "needs a stop", "Ask for stop_loss in the prompt; entries without one are refused."),
    ("guard", "liquidation", "Ask for a nearer stop or less leverage, so that the stop acts "
     "before the liquidation."),
    ("guard", "stop_loss", "Give the model the current mark in its prompt; the stop lay on the "
     "wrong side of it or too far away."),
    ("guard", "profit_target", "Give the model the current mark in its prompt; the target lay on "
     "the wrong side of it or too far away."),
    ("guard", "traded assets", "Add the coin to TRADING_ASSETS, or name the allowed coins in the "
     "prompt."),
    ("guard", "confidence", "Nothing, if the model should only trade when sure; else lower the "
     "least confidence."),
    ("guard", "trades today", "Nothing until the next day, or raise the limit of trades a day."),
    ("guard", "the pause is", "Nothing: the cooldown of the coin ends by itself."),
    ("guard", "close it first", "Ask the model to close before it turns the position around."),
    ("guard", "no position is open", "Nothing: its stop or target had closed it before the "
     "answer came, or the model closed what it never had."),
    ("guard", "positions are open", "Close a position, or raise the limit of open positions."),
    ("guard", "did not open", "Compare the exchange's positions with the bot's; close or adopt "
     "the unknown one, then entries go on."),
    ("guard", "journal", "Look at the bot's disk: free space and permissions of its data folder."),
    ("guard", "data are", "Check the market connection and the bot's clock."),
    ("guard", "candle", "Nothing if it is rare: the next cycle sees the closed candle."),
    ("guard", "answer is", "Use a faster model, or ask less in the prompt: answers come too late."),
    ("guard", "minimum", "Raise MAX_POSITION_SIZE_USD or the margin the model asks for."),
    ("guard", "margin", "Lower the size that the prompt suggests, or raise the limit named."),
    ("answer", "retry-after", "Nothing: the provider limits the rate; ask less often if it lasts."),
    ("answer", "max_tokens", "Raise the model's max_tokens, or ask for shorter answers."),
    ("answer", "stops in the middle", "Raise the model's max_tokens, or ask for shorter answers."),
    ("answer", "model_timeout_seconds", "Raise MODEL_TIMEOUT_SECONDS, or use a faster model."),
    ("answer", "model_daily_cost_usd", "Wait for midnight UTC, or raise MODEL_DAILY_COST_USD."),
    ("answer", "check the key", "Check the provider's key and the model's name in the bot's "
     "settings."),
    ("answer", "declined", "Read the prompt as the provider's policy would; reword what it "
     "objects to."),
    ("answer", "rate limit", "Nothing if it is rare: the provider limits how often it is asked; "
     "raise EXECUTION_INTERVAL_SECONDS or your limit there if it lasts."),
    ("answer", "overloaded", "Nothing: the provider has too much to do; the bot asks again next "
     "cycle. Choose another model if it lasts."),
    ("answer", "connection", "Check the bot's network and the provider's status page; the bot "
     "holds and asks again next cycle."),
    ("answer", "timed out", "Check the bot's network; if the model is slow, raise "
     "MODEL_TIMEOUT_SECONDS."),
    ("answer", "asked again next cycle", "Look at the provider's status page if it lasts; the bot "
     "holds meanwhile."),
    ("order", "insufficient margin", "Lower the position size or close a position first."),
    ("order", "does not rest", "Look at the venue's answer: the stop was refused, so the position "
     "was closed again."),
    ("order", "immediately match", "Nothing if it is rare; else allow more slippage."),
    ("order", "unknown", "Nothing by hand at first: the bot asks the venue by its client order id; "
     "compare the positions if it lasts."),
    ("order", "may have filled", "Compare the positions at the venue with the bot's: the order "
     "may have filled. Send nothing again until that is known."),
    ("order", "minimum value", "Raise the position size above the venue's minimum."),
    ("cycle", "market", "Check the network and the venue's status; the bot tries again "
     "each cycle."),
    ("cycle", "exchange answered", "Look at the venue's status page; the bot tries again each "
     "cycle."),
    ("cycle", "disk", "Free space on the bot's disk; nothing is traded that cannot be recorded."),
    ("ingest", "(unauthorized)", "Give the bot the server's LLM_BOT_API_KEY as "
     "MOTHERHAVEN_API_KEY, or one of its own (motherhaven keys create --name NAME), and restart "
     "it."),
    ("ingest", "(no_key_set)", "Set LLM_BOT_API_KEY in the server's environment and restart it."),
    ("ingest", "another payload", "Give each new event its own event_id; what is kept never "
     "changes."),
    ("ingest", "larger than", "Send smaller batches, and long texts in parts."),
    ("ingest", "content type", "Send Content-Type: application/json."),
    ("ingest", "not json", "Send one strict JSON document; NaN and Infinity are not JSON."),
    ("ingest", "but cannot be read", "Nothing is lost by it: the row stays in the database and is "
     "left out of lists. If it is damage, restore a backup."),
    ("ingest", "parts of its long texts", "Send all parts of the text before its event."),
)  # fmt: skip
"""Kind, words of the message in lower case, advice; the first that fits counts."""

_BY_KIND: Final = {
    "cycle": "Read the bot's log around this time; the next cycle starts from the beginning.",
    "answer": "Open the decision and read the raw answer beside the prompt.",
    "guard": "Open the decision and compare what was asked with the limits in the settings.",
    "order": "Open the decision and compare the order with the venue's rules.",
    "ingest": "Correct the named field in the client and send the event again.",
}


def next_step(kind: str, message: str) -> str:
    """The next step for an error of this kind."""
    text = message.lower()
    if kind == "cycle" and text.startswith("held:"):
        kind = "answer"  # the cycle went well: it held because of the answer that it tells of
    for of, words, step in _BY_WORDS:
        if of == kind and words in text:
            return step
    return _BY_KIND[kind]
