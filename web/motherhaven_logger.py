"""The guide's `web.motherhaven_logger`: a re-export of `motherhaven.recorder`."""

from motherhaven.recorder import MotherhavenLogger

__all__ = ["MotherhavenLogger"]
