"""Usernames nobody may register, as a table: words that speak for us, for the system, or for the money itself.

A word is refused as it stands and in every spelling that reads the same (`schemas.names.check_username`).
"""

ROLES = (
    "abuse",
    "accounts",
    "admin",
    "administrator",
    "billing",
    "compliance",
    "contact",
    "customerservice",
    "finance",
    "help",
    "helpdesk",
    "hostmaster",
    "info",
    "legal",
    "mod",
    "moderator",
    "noreply",
    "official",
    "operator",
    "owner",
    "payments",
    "postmaster",
    "privacy",
    "refunds",
    "sales",
    "security",
    "service",
    "staff",
    "support",
    "sysadmin",
    "team",
    "trust",
    "verified",
    "verify",
    "webmaster",
)
"""Words that sound like somebody with authority here."""

SYSTEM = (
    "anonymous",
    "api",
    "autoconfig",
    "autodiscover",
    "daemon",
    "default",
    "dns",
    "dnssec",
    "everyone",
    "guest",
    "localhost",
    "login",
    "mail",
    "nobody",
    "null",
    "root",
    "self",
    "status",
    "system",
    "undefined",
    "user",
    "username",
    "wpad",
    "www",
)
"""Words that software gives a meaning of its own."""

MONEY = (
    "bank",
    "bitcoin",
    "btc",
    "donate",
    "donations",
    "escrow",
    "exchange",
    "lightning",
    "satoshi",
    "satoshinakamoto",
    "treasury",
    "wallet",
)
"""Words that make a payer believe more than a name can say."""

BRANDS = ("shopstr",)
"""Our own names: refused anywhere inside a username."""

RESERVED = frozenset((*ROLES, *SYSTEM, *MONEY, *BRANDS))
"""Every reserved word, lower-case ASCII letters only."""
