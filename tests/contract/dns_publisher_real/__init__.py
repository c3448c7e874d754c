"""dns-publisher against real authoritative servers: Knot and BIND, which sign the zone themselves."""
