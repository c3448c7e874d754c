"""Operations on a real nats-server, with toy handlers whose effects are files."""
