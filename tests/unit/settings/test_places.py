"""The folder that this user's programs share: told by the environment, never made up."""

import pytest

from motherhaven.settings.places import state_folder


def test_the_named_folder_comes_first():
    """XDG_STATE_HOME, where it is a whole path."""
    found = state_folder({"XDG_STATE_HOME": "/var/state", "HOME": "/home/a"})
    assert found is not None
    assert found.as_posix() == "/var/state/motherhaven"


@pytest.mark.parametrize("named", ["", "state"])
def test_else_it_lies_in_the_home_folder(named):
    """One that is not a whole path is left out, as the standard asks."""
    found = state_folder({"XDG_STATE_HOME": named, "HOME": "/home/a"})
    assert found is not None
    assert found.as_posix() == "/home/a/.local/state/motherhaven"


@pytest.mark.parametrize("home", [{}, {"HOME": ""}, {"HOME": "home"}])
def test_without_a_home_there_is_none(home):
    """A service without a user's folder."""
    assert state_folder(home) is None
