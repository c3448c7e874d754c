"""node-manager against a real bus, a real scheduler and real nodes over mTLS."""
