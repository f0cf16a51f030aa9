"""Verifying a ledger from its rows alone, with a public key; and with the keys, everything beside it."""
