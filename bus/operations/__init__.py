"""An operation: its facts in the ledger, where its slip says that it stands, what is decided, and its alarms."""
