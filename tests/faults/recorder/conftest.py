"""Fixtures of the recorder's tests."""

from tests.unit.recorder.fixtures import clock, recorder, server, shipping

__all__ = ["clock", "recorder", "server", "shipping"]
