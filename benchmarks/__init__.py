"""Figures as ratios against a floor or a peer, in one run, from paired rounds."""
