"""What every process does with a nats-server: connect, ask JetStream, publish, read, pull, and know the time."""
