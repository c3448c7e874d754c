"""Which domain is published where: the table from the settings, the publishers that it names, their zones."""
