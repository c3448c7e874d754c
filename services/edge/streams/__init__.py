"""An owner's log by every door: pages, server-sent events, sockets, and the cursors of devices."""
