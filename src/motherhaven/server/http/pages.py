"""The key page: one field, no script, all that a visitor without a session gets to see."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Final

from starlette.responses import HTMLResponse, Response

STYLE: Final = """
:root{color-scheme:light dark;--back:#f7f7f8;--ink:#18191b;--dim:#5f6368;--line:#d9dbde;
--field:#fff;--accent:#2f5fd0;--on:#fff;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--back:#101113;--ink:#e8e9eb;--dim:#9a9ea5;
--line:#2c2f34;--field:#17191c;--accent:#7aa2ff;--on:#0d1015;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;
background:var(--back);color:var(--ink);font:14px/1.5 Inter,system-ui,sans-serif}
main{width:100%;max-width:360px}
h1{margin:0 0 4px;font-size:13px;font-weight:600;letter-spacing:.12em}
p{margin:0 0 20px;color:var(--dim)}
label{display:block;margin-bottom:4px;font-weight:500}
input{width:100%;height:36px;padding:0 12px;color:inherit;background:var(--field);
border:1px solid var(--line);border-radius:4px;font:13px/1 ui-monospace,monospace}
button{width:100%;height:36px;margin-top:12px;border:0;border-radius:4px;cursor:pointer;
background:var(--accent);color:var(--on);font:600 13px/1 inherit;font-family:inherit}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.bad{margin:0 0 12px;color:var(--bad)}
code{font:12px/1 ui-monospace,monospace}
"""

_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>MOTHERHAVEN</h1>
{content}
</main>
</body>
</html>
"""

_FORM: Final = """<p>This dashboard is closed. Enter a key to read it.</p>
{problem}<form method="post" action="/api/llm-bot/login">
<input type="hidden" name="next" value="{next}">
<label for="key">Key</label>
<input id="key" name="key" type="password" required autofocus autocomplete="current-password"
 spellcheck="false" aria-describedby="hint">
<button type="submit">Open the dashboard</button>
</form>
<p id="hint" class="hint"><br>It is <code>LLM_BOT_API_KEY</code> in the server's environment or
<code>.env.local</code>, or a key <code>mh_…</code> that you were given to read with.</p>"""

_NO_KEY: Final = """<p>This dashboard is closed, and the server has no key to open it with.</p>
<p>Set <code>LLM_BOT_API_KEY</code> in the server's environment or <code>.env.local</code>, then
restart it.</p>"""

_NOT_BUILT: Final = """<p>The page is not built yet. The API works without it.</p>
<p>Run <code>make page</code> in the project's folder, then reload.</p>"""


_BUILDING: Final = """<p role="status">The server is up and takes what bots send. Its page is
being built, which takes up to a minute the first time; it then opens here by itself.</p>
<p>The terminal says what is being done.</p>"""


def key_page(
    *, has_key: bool, next_path: str = "/llm-bot", problem: str = "", status: int = 401
) -> Response:
    """The page that asks for the key, or says that none is set."""
    if not has_key:
        return _page("Key needed", _NO_KEY, status)
    told = f'<p class="bad" role="alert">{escape(problem)}</p>\n' if problem else ""
    return _page("Key needed", _FORM.format(problem=told, next=escape(next_path)), status)


def not_built_page() -> Response:
    """Says how to build the page."""
    return _page("Page not built", _NOT_BUILT, 503)


def building_page() -> Response:
    """Says that the page is being built, and asks for it again after a moment."""
    return _page("Building the page", _BUILDING, 503, {"refresh": "2", "retry-after": "2"})


def plain_page(title: str, text: str, status: int) -> Response:
    """A page with one sentence."""
    return _page(title, f"<p>{escape(text)}</p>", status)


def _page(title: str, content: str, status: int, more: Mapping[str, str] | None = None) -> Response:
    html = _PAGE.format(title=f"{title} · Motherhaven", style=STYLE, content=content)
    headers = {"content-security-policy": _POLICY, "cache-control": "no-store", **(more or {})}
    return HTMLResponse(html, status, headers)
