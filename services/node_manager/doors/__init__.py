"""The doors through which no seed passes: a challenge that a device answers, a pairing that a wallet approves.

Guarantees: what comes in is bound to its owner, its request and the device it was made for, checked before it is kept,
kept in one process's memory for minutes and never logged; whoever runs the operation's steps asks whoever holds it.
"""
