"""The trading bot: a pure, synchronous core under an asynchronous shell."""
