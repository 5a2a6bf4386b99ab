"""Why something was not done or went wrong: a code for each, with what to do about it.

Events carry the codes: a decision's `verdict.rule`, an execution's `reason_code`, a
status's and a decision's `error_code`. Whoever shows advice takes it from here by the code.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from motherhaven.contract.guard_reasons import GUARD
from motherhaven.contract.legacy_reasons import legacy_code
from motherhaven.contract.live_reasons import PROTECTION, RECONCILIATION
from motherhaven.contract.venue_reasons import VENUE

_ANSWER: Final = "Open the decision and read the raw answer beside the prompt."
_TOKENS: Final = "Raise MODEL_MAX_TOKENS, or ask for shorter answers."
_NUMBER: Final = (
    "Open the decision and read the raw answer; ask the model for plain JSON numbers within the "
    "bounds of the form."
)
_JSON: Final = (
    "Open the decision and read the raw answer; use MODEL_OUTPUT=tool, or a model that keeps to "
    "JSON."
)
_LATER: Final = "Nothing: the bot holds and asks again next cycle; see the provider's status page."
_REPORT: Final = "Read the log around this time; it names the file or the setting."

ERRORS: Final[Mapping[str, str]] = {
    "error": _REPORT,
    "config": "Correct the setting that the message names in .env, and start again.",
    "firestore_project_id": "Take the project id as `gcloud projects list` shows it.",
    "firestore_credentials": "Sign in: gcloud auth application-default login, or name a key file "
    "in GOOGLE_APPLICATION_CREDENTIALS.",
    "firestore_permission": "Give the account the role roles/datastore.user in the project.",
    "firestore_no_database": "Make the database: gcloud firestore databases create.",
    "firestore_index": "Deploy the indexes: firebase deploy --only firestore:indexes.",
    "contract": "Correct the named field in the client and send it again.",
    "invalid_json": "Send one strict JSON document; NaN and Infinity are not JSON.",
    "invalid_event": "Correct the named field in the client and send the event again.",
    "invalid_money": "Send the amount as a finite decimal within the accepted range.",
    "invalid_cursor": "Leave the cursor out to start at the newest.",
    "invalid_query": "Take the named characters out and ask again.",
    "recorder": "Look at the bot's log; records wait in its journal.",
    "journal": "Look at the bot's disk: free space and permissions of its data folder; nothing "
    "is traded that cannot be recorded.",
    "journal_locked": "Stop the other bot on this journal, or set another MOTHERHAVEN_DATA.",
    "journal_too_new": "Start the newer Motherhaven that wrote the file, or set it aside.",
    "shipping": "Check MOTHERHAVEN_API_URL, the key and the server; records wait in the journal.",
    "store": "Read the server's log: it names the store and why it cannot work.",
    "store_unavailable": "Nothing at first: what was not kept is sent again; else free disk "
    "space, or start the database.",
    "store_corrupt": "Stop the server and restore a backup, as the server's log says.",
    "cursor_gone": "Start again without a cursor.",
    "not_found": "Check the id and the bot that it belongs to.",
    "unreadable": "Nothing is lost by it: the row stays in the database and is left out of "
    "lists. If it is damage, restore a backup.",
    "exchange": "Check the venue's status; compare its positions with the bot's.",
    "order_rejected": "Open the decision and compare the order with the venue's rules.",
    "outcome_unknown": "Nothing by hand at first: the bot asks the venue by its client order id; "
    "compare the positions if it lasts.",
    "order_state": "Compare the bot's positions and orders with the venue's own list.",
    "scenario": "Correct the scenario at the line that the message names.",
    "market": "Check the network and the venue's status; the bot tries again each cycle.",
    "decider": _ANSWER,
    "answer_malformed": _ANSWER,
    "answer_truncated": _TOKENS,
    "answer_refused": "Read the prompt as the provider's policy would; reword what it objects to.",
    "decider_timeout": "Raise MODEL_TIMEOUT_SECONDS, or use a faster model.",
    "decider_unavailable": _LATER,
    "model_key": "Check the provider's key in .env and start the bot again.",
    "model_request": "Check the model's name in TRADING_DECIDER and what the provider says of "
    "the request.",
    "model_address": "Check that the provider's address in .env is right and reachable.",
    "model_budget": "Wait for midnight UTC, or raise MODEL_DAILY_COST_USD.",
    "access_denied": "Send the server's LLM_BOT_API_KEY as x-api-key.",
}
"""Every error class by its `code`, and the finer codes of providers."""

HALTS: Final[Mapping[str, str]] = {
    "unexpected": "Read the bot's log around this time and report it: a fault of Motherhaven.",
    "late": "Keep the machine awake and its clock right; the next decision comes on schedule.",
}
"""Why a cycle did not take place, beside errors; kill_switch and daily_loss are rules."""

ANSWERS: Final[Mapping[str, str]] = {
    "empty": _ANSWER,
    "too_long": _TOKENS,
    "too_deep": _JSON,
    "too_many_decisions": "Ask the model for at most one decision for each coin.",
    "not_json": _JSON,
    "comment": _JSON,
    "trailing_comma": _JSON,
    "quotes": _JSON,
    "truncated": _TOKENS,
    "several_documents": "Ask the model for exactly one answer, without drafts beside it.",
    "ambiguous": "Ask the model for exactly one answer, without drafts beside it.",
    "duplicate_key": _JSON,
    "wrong_tool": "Use MODEL_OUTPUT=json, or a model that calls the tool that it is offered.",
    "wrong_type": _NUMBER,
    "missing_field": "Open the decision and read the raw answer: the named field is needed.",
    "unknown_signal": "Ask the model for one of the signals that the prompt names.",
    "number_spelling": _NUMBER,
    "not_a_number": _NUMBER,
    "out_of_range": _NUMBER,
    "unit_unknown": "Ask the model for quantity_usd, the margin in USD.",
    "bad_text": "Open the decision and read the raw answer: a text holds what no store can keep.",
    "no_decision": "Nothing: the answer left this coin out, and it was held.",
}
"""What can be wrong with a model's answer."""

ORDERS: Final[Mapping[str, str]] = {
    "no_price": "Check the market connection: there was no price when the order was due.",
    "no_mark": "Check the market connection: there was no price to bound the order by.",
    "entries_stopped": "Look at the status before it: a pause, the kill switch or the journal "
    "stopped the entries.",
    "abandoned": "Nothing: the bot was stopped before the order was placed.",
    "unsettled": "Compare the positions: the bot ended before the outcome was on record.",
    "closed_before": "Nothing: a stop, a target or a liquidation was faster.",
    "below_lot": "Raise MAX_POSITION_SIZE_USD or the margin the model asks for.",
    "idle_stop": "Ask for a nearer stop or less leverage, so that the stop acts before the "
    "liquidation.",
    "leverage": "Lower MAX_LEVERAGE to what the venue allows for the position's size.",
    "venue": "Open the decision and compare the order with the venue's words.",
    "not_filled": "Nothing if it is rare; else allow more slippage.",
    "stop_not_resting": "Look at the venue's answer: the stop was refused, so the position was "
    "closed again.",
    "not_recorded": "Look at the bot's disk: free space and permissions of its data folder; no "
    "order is sent that cannot be recorded.",
    "order_unknown": "Nothing by hand at first: the bot asks the venue by its client order id; "
    "compare the positions if it lasts.",
    "venue_unreadable": "Check the venue's status; the next cycle asks it again.",
    "unverified": "Check at the venue that the position has its stop; the bot asks again.",
    "gate_closed": "Read the message: live trading is not armed, was ended, or a latch is set.",
    "no_stops": "Choose a venue that holds stops: without one no entry that needs a stop is sent.",
    "no_isolated": "Choose cross margin, or a venue that has isolated margin.",
}
"""Why an order that was allowed was not executed."""

ARMING: Final[Mapping[str, str]] = {
    "disarmed": "Read in the status why live trading was disarmed; then arm it again: motherhaven "
    "arm. Closing is allowed meanwhile.",
    "account_unread": "Check the venue's status: nothing is sent before the account was read.",
    "arming_unreadable": "Arm again: motherhaven arm. The record is damaged or was changed.",
    "account_changed": "Set HYPERLIQUID_ACCOUNT_ADDRESS back, or give the other account its own "
    "MOTHERHAVEN_DATA and arm it there.",
    "signer_changed": "Check who changed the key in .env; then arm again: motherhaven arm.",
    "account_mode_changed": "Set the account's mode back at the venue, check its balances, then "
    "arm again: motherhaven arm.",
    "limit_raised": "Set the limit back, or accept it by arming again: motherhaven arm.",
    "max_loss": "Look at the trades before anything else; then arm again with a new maximum: "
    "motherhaven arm.",
    "killed": "Find out why it was killed, end the kill switch (run_analysis_bot.py arm), then arm "
    "again: motherhaven arm.",
    "disarmed_by_hand": "Arm again when you want to: motherhaven arm.",
    "account_missing": "Check HYPERLIQUID_ACCOUNT_ADDRESS and HYPERLIQUID_TESTNET: this network "
    "does not know the account. Deposit first, if it is new.",
    "account_is_agent": "Set HYPERLIQUID_ACCOUNT_ADDRESS to the account that the agent trades for; "
    "an agent's own address is always empty.",
    "account_wrong": "Set HYPERLIQUID_ACCOUNT_ADDRESS to the account that the key is an agent of.",
    "account_mode": "Switch the account to the mode without unified balances at the venue; in this "
    "one its equity is not what the perpetuals' account says.",
    "signer_unknown": "Approve the agent wallet for this account on this network, or set the key "
    "of one that is approved; a key of mainnet is not one of testnet.",
    "signer_other_master": "Set the key of an agent of this account; this one trades for another.",
    "signer_expired": "Approve a new agent wallet at the venue and set its key.",
    "signer_locked": "End the other bot that signs with this key, or make an API wallet of its own "
    "for this one at the venue.",
    "signer_missing": "Set the venue's key in .env; nothing can be signed without one.",
    "shadow_key": "Take the venue's keys out of .env: shadow mode sends nothing, so it holds none.",
}
"""Why nothing is signed at a venue with real money, beside not_armed and kill_switch."""

INGEST: Final[Mapping[str, str]] = {
    "unauthorized": "Give the bot the server's LLM_BOT_API_KEY as MOTHERHAVEN_API_KEY, or one of "
    "its own (motherhaven keys create --name NAME), and restart it.",
    "no_key_set": "Set LLM_BOT_API_KEY in the server's environment and restart it.",
    "conflict": "Give each new event its own event_id; what is kept never changes.",
    "too_large": "Send smaller batches, and long texts in parts.",
    "unsupported_media_type": "Send Content-Type: application/json.",
    "parts_missing": "Send all parts of the text before its event.",
    "key_revoked": "Make a new key like it and give it to the bot: motherhaven keys rotate ID.",
    "missing_scope": "Give the bot a key that may send: motherhaven keys create --name NAME "
    "--scope ingest.",
    "foreign_bot": "Give each bot a key of its own: motherhaven keys create --name NAME --bot ID.",
    "live_not_allowed": "If it trades real money, give it a key that may say so: motherhaven keys "
    "create --name NAME --bot ID --allow-live.",
    "name_taken": "Give each bot a name of its own in MOTHERHAVEN_BOT.",
    "event_id_reused": "Give each new event its own event_id; what is recorded never changes.",
    "position_id_reused": "Give each new position its own position_id.",
    "compressed_body": "Send the body as it is, without Content-Encoding.",
    "cut_off": "Nothing if it is rare: the sender sends it again. Else look at the network and "
    "at proxies in between.",
    "too_slow": "Nothing if it is rare: the sender sends it again. Else send smaller batches.",
    "too_many_attempts": "Wait, and check the key: too many wrong ones came from there.",
}
"""Why the server did not take what a bot sent."""

_COMMAND: Final = "Correct the named field and give the command again, with a new id."

COMMANDS: Final[Mapping[str, str]] = {
    "unknown_command": "Give one of the commands that docs/how-to/control.md lists.",
    "local_only": "Do it on the bot's own machine: from afar one may only reduce risk.",
    "command_args": _COMMAND,
    "command_id": "Set this machine's clock right; ids are UUIDv7 and made when they are sent.",
    "command_expired": "Give it again if it is still wanted; check that the bot runs and reaches "
    "the server.",
    "rewound": "Give it again: the server was restored from a backup, and the bot does not do "
    "again what the server has forgotten.",
    "clock_skew": "Set the clocks of the bot's machine and of the server right; until then only "
    "halt is taken.",
    "resume_off": "Resume on the bot's machine, or set CONTROL_ALLOW_RESUME=true there.",
    "resume_halted": "Look at the bot and arm it by hand, on its own machine: a halt is never "
    "lifted from afar.",
    "resume_latch": "Look at the bot's newest state and give the command for the latch it has.",
    "stop_loosens": "Give a stop nearer to the price than the one that rests.",
    "stop_price": "Give a stop that the price has not reached.",
    "same_command": "Nothing: the same command is being carried out already.",
    "taken_over": "Nothing: a stronger command does what this one had to do.",
    "not_verified": "Look at what is left and at the venue's own page; the bot goes on trying. "
    "On its machine: python run_analysis_bot.py kill --flatten.",
    "guidance": "Shorten the guidance, or give hours within the bounds.",
    "control_failed": _REPORT,
}
"""Why a command was not done, or is not done yet."""

KINDS: Final[Mapping[str, str]] = {
    "cycle": "Read the bot's log around this time; the next cycle starts from the beginning.",
    "answer": _ANSWER,
    "guard": "Open the decision and compare what was asked with the limits in the settings.",
    "order": "Open the decision and compare the order with the venue's rules.",
    "ingest": "Correct the named field in the client and send the event again.",
}
"""Where an error has no code that is known here: it came from a newer bot, or from an old one."""

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **ERRORS,
        **HALTS,
        **ANSWERS,
        **ORDERS,
        **VENUE,
        **ARMING,
        **INGEST,
        **PROTECTION,
        **RECONCILIATION,
        **COMMANDS,
        **{code: told for code, (_, told) in GUARD.items()},
    }
)
"""The advice for every code."""


def advice_of(code: str) -> str | None:
    """What to do about it, None for a code that this version does not know."""
    return REASONS.get(code)


def next_step(kind: str, message: str, code: str | None = None) -> str:
    """The next step for an error of `kind`; `message` counts only where there is no code."""
    known = legacy_code(kind, message) if code is None else code
    return REASONS.get(known or "", KINDS[kind])
