"""What the server says of share links."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class ShareView(_Answer):
    """A link without its token. bot_id: the only bot that it shows; None: all.

    open: whether it still shows anything: not expired, not revoked, its maker's key still reads.
    """

    id: str
    bot_id: str | None
    prompts: bool
    made_at: datetime
    made_by: str
    expires_at: datetime
    revoked_at: datetime | None = None
    open: bool


class ShareList(_Answer):
    """Links, the newest first."""

    shares: tuple[ShareView, ...]


class ShareMade(_Answer):
    """A new link. path: what follows the server's address; it is told this one time."""

    success: bool
    share: ShareView
    path: str
