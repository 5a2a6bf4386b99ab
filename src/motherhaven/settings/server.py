"""Settings of the server, read from the environment, `.env.local` and `.env`."""

from decimal import Decimal
from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from motherhaven.contract.errors import ConfigError
from motherhaven.settings.bot import explain
from motherhaven.settings.env_file import not_text, require_text
from motherhaven.settings.firestore import FirestoreOptions

ENV_FILES: Final = (".env", ".env.local")
"""What the server reads, the stronger one last."""


class ServerSettings(BaseSettings):
    """Every setting of the server; the environment's name is the field's in upper case.

    The environment beats `.env.local`, and `.env.local` beats `.env`.
    """

    model_config = SettingsConfigDict(
        env_file=ENV_FILES,
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    llm_bot_api_key: str | None = Field(None, min_length=8, repr=False)
    motherhaven_store: str | None = None
    motherhaven_store_read: str | None = None
    motherhaven_firestore_readable: bool | None = None
    motherhaven_firestore_daily_usd: Decimal | None = Field(None, ge=0, le=10_000)
    motherhaven_firestore_price_reads: Decimal = Field(Decimal("0.06"), ge=0, le=100)
    motherhaven_firestore_price_writes: Decimal = Field(Decimal("0.18"), ge=0, le=100)
    motherhaven_firestore_price_deletes: Decimal = Field(Decimal("0.02"), ge=0, le=100)
    motherhaven_data: Path = Path("data")
    motherhaven_allowed_hosts: str = ""
    motherhaven_trusted_proxies: str = ""
    motherhaven_client_address_header: str = "x-forwarded-for"
    motherhaven_alert_url: str = Field("", repr=False)
    motherhaven_alert_allow_local: bool = False
    motherhaven_stream_seconds: float | None = Field(None, ge=1, le=86_400)
    log_level: str = "INFO"

    @property
    def store_url(self) -> str:
        """MOTHERHAVEN_STORE, else an SQLite file in the data folder."""
        return self.motherhaven_store or f"sqlite:///{self.motherhaven_data}/server.db"

    @property
    def firestore(self) -> FirestoreOptions:
        """How a store on Firestore is kept and what it may cost."""
        return FirestoreOptions(
            readable=self.motherhaven_firestore_readable,
            price_reads=self.motherhaven_firestore_price_reads,
            price_writes=self.motherhaven_firestore_price_writes,
            price_deletes=self.motherhaven_firestore_price_deletes,
            daily_usd=self.motherhaven_firestore_daily_usd,
        )

    @property
    def extra_hosts(self) -> tuple[str, ...]:
        """Host names beside the loopback ones under which the page is served."""
        return tuple(p.strip().lower() for p in self.motherhaven_allowed_hosts.split(",") if p)


def load_server_settings(**changes: object) -> ServerSettings:
    """Fresh server settings; `changes` override environment and files.

    Raises:
        ConfigError: names each setting that is wrong, and why; never shows its value.
    """
    require_text(*(Path(name) for name in ENV_FILES))
    try:
        return ServerSettings(**changes)  # type: ignore[arg-type]  # checked by pydantic itself
    except ValidationError as error:
        raise ConfigError(explain(error)) from None
    except UnicodeDecodeError:
        raise not_text(*(Path(name) for name in ENV_FILES)) from None
