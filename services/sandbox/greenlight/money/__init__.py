"""Sandbox money: nodes pay each other with real, signed BOLT 12 messages and BOLT 11 invoices, over one provider.

Guarantees: what was funded is always exactly what the nodes hold, what is on its way and what the provider earned, also
after a kill -9 between any two lines; a hash is paid once. Rooms: ledger, rows and tables (what is remembered, in
SQLite), bell (that it changed), till (what all nodes share), network (payments under way), asking and answering (an
offer's invoice), paying and bill, invoices, listing, waiting, decoding (the verbs), bolt11 (the text), used (offers),
faults with mishaps and lies (what goes wrong, and where), control (wishes and what is shown).
"""
