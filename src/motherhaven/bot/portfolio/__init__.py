"""The account as a fold of fills, funding and cash flows: ledger, positions, margin."""
