"""How programs that tests need are brought, with an apt of the test's own in place of Debian's."""

import subprocess
from pathlib import Path

import pytest

from scripts import test_programs as programs
from tests.programs import path_of

APT = """#!/bin/sh
[ -e {folder}/no-network ] && {{ echo 'E: cannot reach the archive' >&2; exit 100; }}
for word in "$@"; do
    case "$word" in Dir::Cache=*) cache="${{word#Dir::Cache=}}" ;; esac
    package="$word"
done
echo "$package" >> {folder}/asked
[ "$package" = strace ] && {{ echo 'E: no such package' >&2; exit 100; }}
[ "$package" = update ] || echo x > "$cache/archives/$package.deb"
"""
DPKG = """#!/bin/sh
mkdir -p "$3/usr/sbin" "$3/usr/lib/here" "$3/etc/nginx"
touch "$3/etc/nginx/mime.types-of-the-test" "$3/usr/lib/here/libx.so.1"
printf '#!/bin/sh\\necho "$LD_LIBRARY_PATH" "$@"\\n' > "$3/usr/sbin/no-nginx"
chmod +x "$3/usr/sbin/no-nginx"
"""


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system with an apt, and without nginx and strace; the folder of its programs."""
    folder = tmp_path / "system"
    folder.mkdir()
    for name, text in (("apt-get", APT.format(folder=folder)), ("dpkg-deb", DPKG)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(programs, "FOLDER", tmp_path / "tools" / "programs")
    monkeypatch.setattr(programs, "PACKAGES", {"no-nginx": "nginx-light", "no-strace": "strace"})
    monkeypatch.setattr(programs, "_SYSTEM", "/nowhere")
    return folder


def asked(system: Path) -> list[str]:
    """What apt was asked for."""
    return (system / "asked").read_text().split()


def test_what_is_missing_is_unpacked_beside_the_system(system: Path) -> None:
    """The program runs with its libraries; one that cannot be had is told with its package."""
    failed = programs.bring_programs()
    assert failed == {"no-strace": "E: no such package"}
    assert "apt-get install strace): E: no such package" in programs.tell(failed)
    path = programs.find("no-nginx")
    assert path == str(programs.FOLDER / "bin" / "no-nginx")
    done = subprocess.run([path, "-v"], capture_output=True, text=True, check=True)
    assert f"{programs.FOLDER}/root/usr/lib/here" in done.stdout
    assert done.stdout.endswith(" -v\n")
    name = "/etc/nginx/mime.types-of-the-test"
    assert programs.brought_file(name) == programs.FOLDER / "root" / name[1:]
    assert programs.brought_file("/etc/passwd") == Path("/etc/passwd")


def test_what_was_brought_is_not_asked_for_again(
    system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run asks nobody; a system that has them all needs no apt."""
    monkeypatch.setattr(programs, "PACKAGES", {"no-nginx": "nginx-light"})
    for _ in range(2):
        assert programs.bring_programs() == {}
    assert asked(system) == ["update", "nginx-light"]
    monkeypatch.setattr(programs, "PACKAGES", {"sh": "dash"})
    assert programs.bring_programs() == {}
    assert asked(system) == ["update", "nginx-light"]


def test_without_a_network_the_tests_are_skipped_by_name(system: Path) -> None:
    """Nothing fails: each program is told with the reason, and each test with the remedy."""
    (system / "no-network").touch()
    failed = programs.bring_programs()
    assert failed == dict.fromkeys(programs.PACKAGES, "E: cannot reach the archive")
    with pytest.raises(pytest.skip.Exception, match="apt-get install nginx-light"):
        path_of("no-nginx")
    (system / "no-network").unlink()
    assert list(programs.bring_programs()) == ["no-strace"], "the next run tries again"


def test_a_network_that_never_answers_costs_the_limit(
    system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a system without apt is told so at once."""
    (system / "apt-get").write_text("#!/bin/sh\nexec sleep 600\n")
    monkeypatch.setattr(programs, "LIMIT_SECONDS", 1.0)
    assert set(programs.bring_programs().values()) == {"no end within 1 s"}
    (system / "apt-get").unlink()
    monkeypatch.setenv("PATH", str(system))
    assert set(programs.bring_programs().values()) == {"this system has no apt-get"}
