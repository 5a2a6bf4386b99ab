"""The deployment files: what they name exists, and they keep to the rules of the house.

Vercel, Netlify and a container engine are not run here; what a reading can show is shown here.
"""

import json
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from motherhaven.settings import ServerSettings, Settings
from tests.acceptance.processes import ROOT, clean_environment
from tests.programs import needs, path_of

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
SETTINGS = {name.upper() for name in {*ServerSettings.model_fields, *Settings.model_fields}}
SERVER = "https://motherhaven.example.com"
API_PATHS = list(json.loads((ROOT / "dashboard" / "openapi.json").read_text())["paths"])
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
INSTRUCTIONS = re.findall(r"^([A-Z]+) +(.+)$", DOCKERFILE, re.MULTILINE)


def read_json(*parts: str) -> dict[str, Any]:
    """A JSON file of the checkout."""
    found: dict[str, Any] = json.loads(ROOT.joinpath(*parts).read_text(encoding="utf-8"))
    return found


def netlify() -> dict[str, Any]:
    """netlify.toml."""
    return tomllib.loads((ROOT / "netlify.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [path for path in API_PATHS if path.startswith("/api/")])
def test_hosts_of_static_files_pass_every_api_route_on(path: str) -> None:
    """Each route reaches the server under its own path, by rewrite and never by redirect."""
    vercel = read_json("vercel.json")
    (rewrite,) = vercel["rewrites"]
    assert rewrite == {"source": "/api/:path*", "destination": f"{SERVER}/api/:path*"}
    assert not any(rule["source"].startswith("/api") for rule in vercel["redirects"])
    first = next(rule for rule in netlify()["redirects"] if fnmatch(path, rule["from"]))
    assert (first["to"], first["status"], first["force"]) == (f"{SERVER}/api/:splat", 200, True)


def test_hosts_of_static_files_build_and_publish_the_page() -> None:
    """Both run the page's own build and the step that binds each page to its policy."""
    vercel, built = read_json("vercel.json"), netlify()["build"]
    assert vercel["installCommand"] == "cd dashboard && npm ci"
    assert vercel["buildCommand"].startswith("cd dashboard && npm run build && ")
    assert (vercel["outputDirectory"], built["base"]) == ("dashboard/out", "dashboard")
    for command in (vercel["buildCommand"], built["command"]):
        (script,) = re.findall(r"node \.\./(\S+) out$", command)
        assert (ROOT / script).is_file()
    assert vercel["cleanUrls"] is True, "llm-bot.html is the page at /llm-bot"
    rewrites = {rule["from"]: rule["to"] for rule in netlify()["redirects"]}
    assert rewrites["/llm-bot"] == "/llm-bot.html"


def test_the_serverless_function_is_the_whole_application() -> None:
    """Every path goes to the one function, which is motherhaven.server.asgi's `app`."""
    config = read_json("deploy", "serverless", "vercel.json")
    assert config["rewrites"] == [{"source": "/(.*)", "destination": "/api/index"}]
    (function,) = config["functions"]
    text = (ROOT / "deploy" / "serverless" / function).read_text(encoding="utf-8")
    assert "from motherhaven.server.asgi import app" in text


def test_the_function_gives_google_s_client_its_file(tmp_path: Path) -> None:
    """The service account's text becomes a file for the process alone, found by the client."""
    code = """
import os, runpy, sys
found = runpy.run_path(sys.argv[1])
path = os.environ["GOOGLE_APPLICATION_CREDENTIALS"]
print(oct(os.stat(path).st_mode & 0o777), open(path).read(), type(found["app"]).__name__)
"""
    script = ROOT / "deploy" / "serverless" / "api" / "index.py"
    env = clean_environment(tmp_path, GOOGLE_CREDENTIALS_JSON="{}", TMPDIR=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", code, str(script)],
        cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "0o600 {} OnDemand\n", done.stderr


def test_the_image_runs_without_root_and_is_watched() -> None:
    """The last stage drops root before it starts, and asks /healthz."""
    last = INSTRUCTIONS[max(i for i, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM") :]
    words = [word for word, _ in last]
    assert words.index("USER") < words.index("ENTRYPOINT") < words.index("CMD")
    rest = dict(last)
    assert rest["USER"] not in {"root", "0"}
    assert "/healthz" in rest["HEALTHCHECK"]
    assert json.loads(rest["ENTRYPOINT"]) + json.loads(rest["CMD"])[:1] == ["motherhaven", "serve"]


def test_the_image_is_made_of_what_is_there_and_locked() -> None:
    """What is copied exists and is not ignored; stages exist; packages come with hashes."""
    stages = {text.split()[-1] for word, text in INSTRUCTIONS if word == "FROM" and " AS " in text}
    patterns = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    allowed = {line[1:] for line in patterns if line.startswith("!")}
    for word, text in INSTRUCTIONS:
        if word != "COPY":
            continue
        origin = re.match(r"--from=(\S+) ", text)
        if origin:
            assert origin[1] in stages
            continue
        for name in text.split()[:-1]:
            assert (ROOT / name).exists(), name
            assert name.split("/")[0] in allowed, name
    commands = [one for word, text in INSTRUCTIONS if word == "RUN" for one in text.split("&&")]
    installs = [one for one in commands if "pip install" in one]
    assert len(installs) == 3
    assert all("--require-hashes" in one or "--no-index" in one for one in installs)
    assert any(re.search(r"\bnpm ci\b", one) for one in commands)


def test_compose_asks_for_its_secrets_and_stays_on_loopback() -> None:
    """No default secret, a database that is ready first, and nothing published to the network."""
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    server, bot, database = (compose["services"][name] for name in ("server", "bot", "database"))
    assert server["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "pg_isready" in database["healthcheck"]["test"]
    assert server["ports"] == ["127.0.0.1:3000:3000"]
    assert "ports" not in database
    assert server["environment"]["MOTHERHAVEN_STORE"].startswith("postgresql://")
    for service in (server, bot):
        assert set(service["environment"]) <= SETTINGS
        assert service["cap_drop"] == ["ALL"]
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    for secret in ("LLM_BOT_API_KEY", "POSTGRES_PASSWORD"):
        assert f"${{{secret}:-" not in text
        assert f"${{{secret}:?" in text


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_name_settings_that_exist(unit: Path) -> None:
    """Every variable of a unit is a setting, and its command one of ours."""
    text = unit.read_text(encoding="utf-8")
    lines = re.findall(r"^Environment=(.+)$", text, re.MULTILINE)
    assert {name for line in lines for name in re.findall(r"(\w+)=", line)} <= SETTINGS
    (command,) = re.findall(r"^ExecStart=(.+)$", text, re.MULTILINE)
    assert command.split()[0] == "/opt/motherhaven/bin/motherhaven"
    assert command.split()[1] in {"serve", "bot"}


@needs("systemd-analyze")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_the_units_and_finds_them_locked_down(unit: Path, tmp_path: Path) -> None:
    """`systemd-analyze verify` is silent and `security` rates the exposure below 2 of 10."""
    copy = tmp_path / unit.name
    # The program is installed on the server, not here.
    copy.write_text(unit.read_text().replace("/opt/motherhaven/bin/motherhaven", "/bin/true"))
    analyze = path_of("systemd-analyze")
    command = [analyze, "verify", "--man=no", str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    command = [analyze, "security", "--offline=true", "--threshold=20", str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]
