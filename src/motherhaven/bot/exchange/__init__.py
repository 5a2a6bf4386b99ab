"""Exchanges behind one protocol: types, margin ledger, paper exchange, scenarios."""
