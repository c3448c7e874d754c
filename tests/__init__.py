"""What proves the rest. Nothing of ours is mocked, and every wait is for a condition.

house: the rules, by the tools that know them. unit: pure and fast. contract: each room against the real thing
(nats-server, gRPC over mTLS, signed DNS, the official clients). e2e: the shipped command. chaos: kill -9 while it
works. bench: measurements, apart from the tests.
"""
