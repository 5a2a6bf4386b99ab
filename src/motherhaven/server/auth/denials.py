"""Why a caller may not come in, in words, each with what to do."""

from typing import Final

from motherhaven.server.wire.problems import Problem

SHARE_ONLY: Final = Problem(
    403,
    "share_only",
    "a share link does not show this",
    "sign in at /api/llm-bot/login with a key",
)
SHARE_ENDED: Final = Problem(
    403,
    "share_ended",
    "this share link has expired or was revoked",
    "ask whoever sent it for a new one, or sign in at /api/llm-bot/login with a key",
)
NO_MAKER: Final = Problem(
    403,
    "no_session",
    "sharing needs a key, wherever the request comes from",
    "send LLM_BOT_API_KEY, or a key with the scope read, as x-api-key; or sign in at /llm-bot",
)
NO_KEY_SET: Final = Problem(
    401,
    "no_key_set",
    "this server has no key, so it takes no events",
    "set LLM_BOT_API_KEY in the server's environment or .env.local and restart it; give the "
    "bot the same value as MOTHERHAVEN_API_KEY",
)
NO_CONTROL: Final = Problem(
    401,
    "unauthorized",
    "giving a bot commands needs a key, wherever the request comes from",
    "send LLM_BOT_API_KEY, or a key with the scope control, as x-api-key; or sign in at /llm-bot "
    "and confirm with the key",
)
NOT_CONFIRMED: Final = Problem(
    403,
    "not_confirmed",
    "this session has not shown its key in the last five minutes",
    "enter the key again where the page asks for it",
)
UNKNOWN_KEY: Final = Problem(
    401,
    "unauthorized",
    "the key is wrong: this server's store knows no such key",
    "copy it again, whole; `motherhaven keys list` shows the keys of the server's store",
)
WRONG_KEY: Final = Problem(
    401,
    "unauthorized",
    "The key is wrong: this server does not accept it",
    "enter the server's LLM_BOT_API_KEY, or a key with the scope read; `motherhaven keys list` "
    "shows the keys of the server's store",
)
NO_SENDER: Final = Problem(
    401,
    "unauthorized",
    "the x-api-key header is missing",
    "compare the bot's MOTHERHAVEN_API_KEY with the server's LLM_BOT_API_KEY; they must "
    "be equal; restart both after a change",
)
WRONG_SENDER: Final = Problem(401, "unauthorized", "the key is wrong", NO_SENDER.fix)
NO_READER: Final = Problem(
    401,
    "unauthorized",
    "reading needs a key",
    "send LLM_BOT_API_KEY, or a key with the scope read, as x-api-key; or sign in at /llm-bot",
)
NO_SESSION: Final = Problem(
    403, "no_session", "this browser is not signed in", "sign in at /llm-bot first"
)
FOREIGN_HOST: Final = Problem(
    403,
    "foreign_host",
    "this host name is not one of this server's",
    "open http://localhost with the server's port, or add the name to MOTHERHAVEN_ALLOWED_HOSTS",
)
FOREIGN_ORIGIN: Final = Problem(
    403,
    "foreign_origin",
    "this form was sent from another site",
    "sign in on this server's own page; a proxy in between must pass on the Host header",
)
RIGHT_ENDED: Final = Problem(
    401,
    "unauthorized",
    "the key, session or link of this request is no longer valid",
    "send it again: another key or session that comes with it may still be valid",
)
CROSS_SITE: Final = Problem(
    403,
    "cross_site",
    "another site asked for this",
    "open it from this server's own page, or send the key from a program",
)
