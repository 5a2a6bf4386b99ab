"""The static page: Next's file names, caching, script hashes, and no way out of the folder."""

import json
from pathlib import Path

import pytest

from tests.serverkit import KEY, Server, config, running

pytestmark = pytest.mark.anyio

HASH = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
FILES = {
    "index.html": "index",
    "llm-bot.html": "arena",
    "llm-bot.txt": "arena data",
    "llm-bot/decision.html": "decision",
    "llm-bot/decision/__next._full.txt": "decision data",
    "404.html": "nothing here",
    "_next/static/chunks/app.js": "let x",
    "icon.svg": "<svg/>",
    ".hidden": "hidden",
    "csp.json": json.dumps(
        {
            "script-src": [HASH, "javascript:alert(1)", "'unsafe-inline'"],
            "files": {"llm-bot.html": [HASH], "llm-bot/decision.html": [HASH.strip("'")]},
        }
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small export, with a secret beside it."""
    page = tmp_path / "page"
    for name, text in FILES.items():
        path = page / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "secret.txt").write_text("secret")
    (page / "link.txt").symlink_to(tmp_path / "secret.txt")
    return page


async def get(server: Server, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers of one page."""
    async with server.client(key=KEY) as client:
        answer = await client.get(path, headers=headers)
        return answer.status_code, answer.text, dict(answer.headers)


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/llm-bot", 200, "arena"),
        ("/llm-bot/", 200, "arena"),
        ("/llm-bot?range=1d&bots=a", 200, "arena"),
        ("/llm-bot.txt", 200, "arena data"),
        ("/llm-bot/decision?id=5", 200, "decision"),
        ("/llm-bot/decision/__next._full.txt", 200, "decision data"),
        ("/_next/static/chunks/app.js", 200, "let x"),
        ("/icon.svg", 200, "<svg/>"),
        ("/llm-bot/nothing", 404, "nothing here"),
        ("/nothing.js", 404, None),
        ("/csp.json", 404, None),
        ("/.hidden", 404, None),
        ("/_next", 404, "nothing here"),
    ],
)
async def test_paths_lead_to_their_files(
    folder: Path, path: str, status: int, text: str | None
) -> None:
    """Pages have no extension in the address; what is not there is 404."""
    async with running(config(page_dir=folder)) as server:
        got = await get(server, path)
        assert got[0] == status
        assert text is None or got[1] == text


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/llm-bot/../../secret.txt",
        "/..%5csecret.txt", "/_next/%2e%2e/%2e%2e/secret.txt", "/%2f/secret.txt", "/%00.txt",
        "/link.txt", "/llm-bot%00.html", "/%2fetc%2fpasswd.txt",
    ],
)  # fmt: skip
async def test_there_is_no_way_out_of_the_folder(folder: Path, path: str) -> None:
    """Dots, encodings and links lead nowhere."""
    async with running(config(page_dir=folder)) as server:
        status, text, _ = await get(server, path)
        assert status == (400 if "%00" in path else 404)
        assert "secret" not in text


async def test_built_files_are_cached_for_ever_and_pages_are_not(folder: Path) -> None:
    """Hashed names never change; pages are checked each time and answered 304."""
    async with running(config(page_dir=folder)) as server:
        _, _, asset = await get(server, "/_next/static/chunks/app.js")
        assert "immutable" in asset["cache-control"]
        _, _, page = await get(server, "/llm-bot")
        assert page["cache-control"] == "no-cache"
        status, text, again = await get(server, "/llm-bot", **{"if-none-match": page["etag"]})
        assert (status, text) == (304, "")
        assert "content-security-policy" in again


async def test_scripts_are_allowed_by_hash_only(folder: Path) -> None:
    """The hashes of the build are in the policy; what is no hash is left out."""
    async with running(config(page_dir=folder)) as server:
        for path in ("/llm-bot", "/llm-bot/decision", "/llm-bot/nothing"):
            _, _, headers = await get(server, path)
            policy = headers["content-security-policy"]
            assert f"script-src 'self' {HASH};" in policy
            assert "javascript" not in policy
        _, _, headers = await get(server, "/icon.svg")
        assert "script-src 'self';" in headers["content-security-policy"]


async def test_a_new_build_is_seen_without_a_restart(tmp_path: Path, folder: Path) -> None:
    """The folder may appear and change while the server runs."""
    empty = tmp_path / "later"

    def build() -> None:
        folder.rename(empty)

    def spoil() -> None:
        (empty / "csp.json").write_text("{")

    async with running(config(page_dir=empty)) as server:
        status, text, _ = await get(server, "/llm-bot")
        assert status == 503
        assert "make page" in text
        build()
        assert (await get(server, "/llm-bot"))[:2] == (200, "arena")
        spoil()
        assert (await get(server, "/llm-bot"))[0] == 200
    async with running(config()) as server:
        assert (await get(server, "/llm-bot"))[0] == 503


async def test_the_root_leads_to_the_dashboard() -> None:
    """/ redirects to /llm-bot."""
    async with running() as server, server.client() as client:
        answer = await client.get("/")
        assert (answer.status_code, answer.headers["location"]) == (307, "/llm-bot")
