"""The doors through which no seed passes: a device answers, a wallet approves, or the node is the owner's own.

Guarantees: what comes in is bound to its owner, its request and the device it was made for, checked before it is kept,
kept in one process's memory for minutes and never logged; whoever runs the operation's steps asks whoever holds it.
"""
