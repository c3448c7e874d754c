"""Everything that crosses a boundary, as types and tables: nothing here does I/O or imports the rest of the house.

requests, facts, notifications and records (msgspec structs), flows (each operation's steps as data), problems (error
codes), settings (one table), the codecs of the field (bolt12, bip321, names, nip98) and Greenlight's wire facts.
"""
