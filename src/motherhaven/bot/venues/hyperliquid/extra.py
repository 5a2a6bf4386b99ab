"""The packages of the extra `live`, imported when they are needed and not before."""

from importlib import import_module
from typing import Any, Final

from motherhaven.contract.errors import ConfigError

_NEEDED: Final = (
    'trading at Hyperliquid needs packages that are not installed; pip install "motherhaven[live]"'
)


def load(name: str) -> Any:
    """The module of this name.

    Raises:
        ConfigError: it belongs to the extra `live`, which is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ConfigError(f"{_NEEDED} ({error.name or name} is missing)") from None
