"""The nats-servers that we start: one or three, what they are told, and how a bus grows from one to the other."""
