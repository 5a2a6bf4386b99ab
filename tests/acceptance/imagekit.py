"""An image built from the Dockerfile by whatever can do so here, and commands run in it.

MOTHERHAVEN_TEST_ENGINE: docker or podman, which build it and run it.
MOTHERHAVEN_TEST_IMAGE_BUILDER: a program that is given a checkout and a tag, and leaves an image of
this tag in buildah's storage (driver vfs): where no image can be fetched, it makes the bases too.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.acceptance.processes import ROOT

ENGINE = "MOTHERHAVEN_TEST_ENGINE"
BUILDER = "MOTHERHAVEN_TEST_IMAGE_BUILDER"
BUILD_SECONDS = 3_600.0


def _told(*words: str) -> str:
    """The output of a command that ends well; its last words if it does not."""
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=BUILD_SECONDS
    )
    assert done.returncode == 0, (words, done.stdout[-3_000:], done.stderr[-3_000:])
    return done.stdout.strip()


class Image(Protocol):
    """A built image."""

    def config(self) -> Mapping[str, Any]:
        """Its Entrypoint, Cmd, User, Volumes and so on."""

    def running(self, port: int, env: Mapping[str, str]) -> Any:
        """A context in which the image's own command serves on `port` of this machine."""

    def told(self, *command: str) -> str:
        """What a command says inside the container that runs."""


class DockerImage:
    """Built and run by docker, or by podman, which takes the same words."""

    def __init__(self, engine: str, tag: str) -> None:
        self._engine, self._tag, self._container = engine, tag, ""
        _told(engine, "build", "-t", tag, ".")

    def config(self) -> Mapping[str, Any]:
        found: list[dict[str, Any]] = json.loads(_told(self._engine, "inspect", self._tag))
        return dict(found[0]["Config"])

    @contextmanager
    def running(self, port: int, env: Mapping[str, str]) -> Iterator[None]:
        given = [word for name, value in env.items() for word in ("-e", f"{name}={value}")]
        place = ["-p", f"127.0.0.1:{port}:3000"]
        self._container = _told(self._engine, "run", "-d", *place, *given, self._tag)
        try:
            yield
        finally:
            _told(self._engine, "rm", "-f", "-v", self._container)

    def told(self, *command: str) -> str:
        return _told(self._engine, "exec", self._container, *command)


class BuildahImage:
    """Built by a program of the machine, and run by buildah without a daemon (chroot)."""

    _BUILDAH = ("buildah", "--storage-driver", "vfs")

    def __init__(self, builder: str, tag: str) -> None:
        self._tag, self._container = tag, ""
        _told(builder, str(ROOT), tag)

    def config(self) -> Mapping[str, Any]:
        text = _told(*self._BUILDAH, "inspect", "--type", "image", self._tag)
        return dict(json.loads(text)["Docker"]["config"])

    def _run(self, env: Mapping[str, str], *command: str) -> list[str]:
        given = [word for name, value in env.items() for word in ("--env", f"{name}={value}")]
        run = [*self._BUILDAH, "run", "--isolation", "chroot", *given]
        return [*run, self._container, "--", *command]

    @contextmanager
    def running(self, port: int, env: Mapping[str, str]) -> Iterator[None]:
        found = self.config()
        # The network is this machine's: the port that the image has may be taken.
        words = ["127.0.0.1" if word == "0.0.0.0" else word for word in found["Cmd"]]
        words = [str(port) if word == "3000" else word for word in words]
        self._container = _told(*self._BUILDAH, "from", self._tag)
        command = self._run(env, *found["Entrypoint"], *words)
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            yield
        finally:
            server.terminate()
            server.wait()
            _told(*self._BUILDAH, "rm", self._container)

    def told(self, *command: str) -> str:
        return _told(*self._run({}, *command))


def built(tag: str) -> Image:
    """The image, newly built; skips where nothing is named that can build it."""
    engine, builder = os.environ.get(ENGINE), os.environ.get(BUILDER)
    if engine:
        assert shutil.which(engine), f"{ENGINE} is {engine!r}, which is no program here"
        return DockerImage(engine, tag)
    if builder:
        assert Path(builder).is_file(), f"{BUILDER} is {builder!r}, which is no file"
        return BuildahImage(builder, tag)
    pytest.skip(f"set {ENGINE}=docker (or podman), or {BUILDER} to a program that builds it")
