"""The tables (law 8): streams, subjects, identities, and the rights and accounts that follow from them. Pure."""
