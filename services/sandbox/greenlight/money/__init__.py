"""Sandbox money: nodes pay each other with real, signed BOLT 12 messages and BOLT 11 invoices, over one provider.

Guarantees: what was funded is always exactly what the nodes hold, what is on its way and what the provider earned, also
after a kill -9 between any two lines; a hash is paid once. Rooms: ledger and rows (what is remembered, in SQLite),
network (payments under way), asking and answering (an offer's invoice), paying, invoices, listing, bolt11, decoding
(one verb each), faults.
"""
