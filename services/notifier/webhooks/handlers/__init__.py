"""Every step of the webhook flows, one file each; `table` says which is whose."""
