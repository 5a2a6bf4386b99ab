"""Figures as ratios against a floor or a peer, in one run, from paired rounds."""

FULL = False
"""Whether the figures are to be taken at full size where that takes long (`--full`)."""
