"""Flight recorder, guard and window for LLM trading bots."""

__version__ = "0.1.0"
