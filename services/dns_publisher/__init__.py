"""dns-publisher: makes exactly one payment TXT stand at a name, and takes it away again, at whoever serves the zone.

Guarantees: `published` is committed only after the record was read back as the only `bitcoin:` TXT at the name, byte
for byte; a request whose outcome is unknown is never repeated blindly; records that are not ours are never touched;
`withdrawn` is committed only when no record of the operation is left. One publisher at a time works on a name.

Publishers hide behind one interface (`provider.publisher`); `MESH_DNS_ZONES` routes each domain to one. May touch:
their APIs, leases, and the buckets `published`, `drift`, `zone-checks`, `dns-limits` and `dns-marks` (their only
writer). A token or key never leaves its publisher's folder.
Rooms: `records` (what should stand and what does), `provider` (the interface, answers, limits, setbacks), `cloudflare`
and `rfc2136` (the publishers), `routing` (which domain is where), `handlers` (one step or undo a file), `drift` (what a
zone holds, compared), `signing` (of zones).
"""
