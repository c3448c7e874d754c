"""Every setting of every process, as one table: name, type, default, meaning. README's table is generated from it.

A setting `dns_port` is read from the environment variable `MESH_DNS_PORT`. Lists are comma-separated. A value that does
not fit is refused at start with the setting's name, never with its value (it may be a secret).
"""

import types
from collections.abc import Mapping
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

PREFIX = "MESH_"

Port = Annotated[int, Meta(ge=0, le=65535)]
Seconds = Annotated[float, Meta(ge=0, le=31_536_000)]


class SettingError(ValueError):
    """A setting's value cannot be used. The text names the setting and the rule, never the value."""

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"{name}: {rule}")
        self.name = name


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings. Each field's `Meta.description` is its line in the documented table."""

    # --- bus
    nats_url: Annotated[
        str,
        Meta(
            description="nats-server that carries the bus; of a cluster all of them, comma-separated",
            pattern=r"^(nats://[^\s/:,]+:[0-9]{1,5}(,nats://[^\s/:,]+:[0-9]{1,5})*"
            r"|tls://[^\s/:,]+:[0-9]{1,5}(,tls://[^\s/:,]+:[0-9]{1,5})*)$",
        ),
    ] = "nats://127.0.0.1:4222"
    nats_keys_dir: Annotated[
        str,
        Meta(description="folder of nkey seed files (`<identity>.nk`) and `public.json`; empty: no authentication"),
    ] = ""
    nats_ca: Annotated[
        str, Meta(description="PEM file of the CA that signed the nats-server's certificate; empty: no TLS")
    ] = ""
    replicas: Annotated[int, Meta(description="replicas of every stream and bucket", ge=1, le=5)] = 1
    ack_wait_s: Annotated[
        float, Meta(description="how long a worker may be silent before its message goes to another", ge=1, le=300)
    ] = 10.0
    sweep_after_s: Annotated[
        float, Meta(description="how long an operation may stand still before the sweeper ticks it", ge=1, le=3600)
    ] = 30.0

    # --- edge
    edge_host: Annotated[str, Meta(description="address the edge listens on")] = "127.0.0.1"
    edge_port: Annotated[Port, Meta(description="port the edge listens on (0: any free one)")] = 8080
    public_url: Annotated[
        str,
        Meta(
            description="canonical URL of the edge, as clients sign it in NIP-98; no trailing slash",
            pattern=r"^https?://[^/]+[^/]$",
        ),
    ] = "http://127.0.0.1:8080"
    max_body_bytes: Annotated[int, Meta(description="largest request body the edge reads", ge=1024, le=1 << 20)] = 65536
    nip98_window_s: Annotated[Seconds, Meta(description="how far a NIP-98 event's clock may be off, either way")] = 60.0
    metrics_public: Annotated[
        bool,
        Meta(description="answer `/metrics` to anybody; false: only to a scraper on this machine, not through a proxy"),
    ] = False

    operators: Annotated[
        tuple[str, ...],
        Meta(description="Nostr public keys (hex or npub) that may operate the mesh; API keys: `mesh operators key`"),
    ] = ()
    operator_calls_per_minute: Annotated[
        int, Meta(description="how many calls one operator may make at one edge", ge=1, le=100_000)
    ] = 600
    session_s: Annotated[int, Meta(description="how long a session for reading lasts", ge=1, le=86400)] = 900

    # --- node-manager
    gl_scheduler_uri: Annotated[str, Meta(description="Greenlight scheduler", pattern=r"^https://.+")] = (
        "https://scheduler.gl.blckstrm.com"
    )
    gl_ca: Annotated[str, Meta(description="PEM file of Greenlight's root CA")] = ""
    gl_nobody_cert: Annotated[str, Meta(description="PEM file of the developer (nobody) certificate chain")] = ""
    gl_nobody_key: Annotated[str, Meta(description="PEM file of the developer (nobody) key, PKCS#8")] = ""
    credentials_key_file: Annotated[
        str,
        Meta(
            description="file with the 32-byte key (base64) that seals node credentials at rest; "
            "further lines are former keys, which only open"
        ),
    ] = ""
    credentials_kms_command: Annotated[
        str,
        Meta(description="command that wraps and unwraps data keys with a KMS's key; empty: the key file's first key"),
    ] = ""
    credentials_kms_key: Annotated[
        str, Meta(description="what the KMS calls the key to wrap with", pattern=r"^[A-Za-z0-9_.:/-]{0,200}$")
    ] = ""
    node_call_timeout_s: Annotated[Seconds, Meta(description="deadline of one gRPC call to a scheduler or node")] = 10.0
    cln_allow_private: Annotated[
        bool, Meta(description="for development: owners' own nodes may be at private and loopback addresses")
    ] = False
    payment_call_timeout_s: Annotated[
        float, Meta(description="deadline of a call that pays; the node itself gives up after half of it", ge=2, le=300)
    ] = 60.0
    fetch_invoice_timeout_s: Annotated[
        float, Meta(description="how long the issuer of an offer may take to answer with an invoice", ge=1, le=60)
    ] = 15.0
    payee_patience_s: Annotated[
        Seconds, Meta(description="how long a payee who gives no invoice is asked again before the payer is told")
    ] = 60.0
    payment_expiry_margin_s: Annotated[
        Seconds, Meta(description="how long after its invoice expired a payment that nobody knows of counts as failed")
    ] = 60.0
    payment_unknown_limit_msat: Annotated[
        int, Meta(description="value of one owner's payments in `unknown` above which they begin no other", ge=0)
    ] = 1_000_000_000
    payments_at_once: Annotated[int, Meta(description="payments one owner may have on their way", ge=1, le=150)] = 100
    network: Annotated[
        str,
        Meta(
            description="Bitcoin network: bitcoin, testnet, signet or regtest",
            pattern="^(bitcoin|testnet|signet|regtest)$",
        ),
    ] = "bitcoin"

    # --- notifier
    webhook_key_file: Annotated[
        str,
        Meta(description="file with the 32-byte key (base64) that webhook secrets come from; empty: no webhooks"),
    ] = ""
    webhooks_allow_private: Annotated[
        bool, Meta(description="for development: webhooks may use http and go to private and loopback addresses")
    ] = False
    webhook_timeout_s: Annotated[
        float, Meta(description="deadline of one attempt to deliver, from the DNS to the last byte", ge=0.1, le=60)
    ] = 15.0
    webhook_retry_scale: Annotated[
        float, Meta(description="factor on every pause between attempts (1: about three days in all)", ge=0, le=10)
    ] = 1.0
    webhook_disable_after_s: Annotated[
        Seconds, Meta(description="nothing but failure for this long disables a webhook")
    ] = 432_000.0
    webhook_secret_overlap_s: Annotated[
        Seconds, Meta(description="how long the secret before the rotation signs as well")
    ] = 86_400.0
    webhook_resolvers: Annotated[
        tuple[str, ...],
        Meta(description="resolvers for receivers' names, as `address` or `address:port`; empty: the system's"),
    ] = ()
    webhook_ca: Annotated[
        str, Meta(description="PEM file of the CAs that receivers' certificates must chain to; empty: the public ones")
    ] = ""

    # --- names and DNS
    name_domains: Annotated[
        tuple[str, ...], Meta(description="domains in which names are published; the first is the default")
    ] = ()
    record_ttl_s: Annotated[int, Meta(description="TTL of a published TXT record", ge=1, le=86400)] = 300
    names_per_owner: Annotated[int, Meta(description="how many names one owner may hold", ge=1, le=1000)] = 100
    offers_per_owner: Annotated[
        int, Meta(description="how many offers that are not over one owner may have beside their names'", ge=1, le=400)
    ] = 200
    registrations_per_day: Annotated[
        int, Meta(description="how many registrations one owner may begin within a day", ge=1, le=1000)
    ] = 100
    quarantine_s: Annotated[
        Seconds, Meta(description="how long a released name rests, for nobody but its former owner to register")
    ] = 2_592_000.0
    dns_zones: Annotated[
        tuple[str, ...],
        Meta(
            description="who publishes where: `domain=cloudflare` or `domain=rfc2136://address[:port]?key=file`"
            "; empty: Cloudflare, in every name domain"
        ),
    ] = ()
    dns_update_timeout_s: Annotated[
        Seconds, Meta(description="deadline of one dynamic update or signed query (RFC 2136)")
    ] = 10.0
    dns_drift: Annotated[
        str,
        Meta(
            description="what we do about a record that somebody else changed: `report`, or also `repair`",
            pattern="^(report|repair)$",
        ),
    ] = "report"
    dns_drift_every_s: Annotated[
        float, Meta(description="how often zones are compared with what we published", ge=1, le=86_400)
    ] = 900.0
    offer_valid_s: Annotated[
        Seconds, Meta(description="how long an offer that we have made for a name is valid (0: for ever)")
    ] = 0.0
    offer_renew_lead_s: Annotated[
        Seconds, Meta(description="how long before the last moment we begin to replace an offer that expires")
    ] = 259_200.0
    offer_withdraw_lead_s: Annotated[
        Seconds, Meta(description="how long taking out the record of an offer that could not be replaced is given")
    ] = 3600.0
    offer_keep_s: Annotated[
        float, Meta(description="how long an offer that is over (disabled, used or expired) is kept", ge=2_592_000.0)
    ] = 7_776_000.0
    offers_over_per_owner: Annotated[
        int,
        Meta(description="how many offers that are over are kept of one owner's; beyond it the oldest go", ge=0),
    ] = 1000
    offer_sweep_every_s: Annotated[
        float,
        Meta(description="how often the offers on a running node are gone through for those that nobody needs", ge=0.1),
    ] = 3600.0
    cloudflare_base_url: Annotated[str, Meta(description="Cloudflare API", pattern=r"^https?://.+")] = (
        "https://api.cloudflare.com/client/v4"
    )
    cloudflare_token_file: Annotated[str, Meta(description="file with the API token (Zone:Read, DNS:Edit)")] = ""
    cloudflare_second_token_file: Annotated[
        str, Meta(description="file with a second API token, used when the first is refused; empty: there is none")
    ] = ""
    cloudflare_record_limit: Annotated[
        int,
        Meta(description="how many records a zone may hold; 0: what the API says of its plan, or else 200", ge=0),
    ] = 0
    cloudflare_timeout_s: Annotated[Seconds, Meta(description="deadline of one call to the DNS provider")] = 15.0
    dns_root_servers: Annotated[
        tuple[str, ...], Meta(description="root server addresses; empty: the built-in list")
    ] = ()
    dns_port: Annotated[Port, Meta(description="port of every authoritative server")] = 53
    dns_anchors_file: Annotated[
        str, Meta(description="root trust anchors, one DS per line; empty: IANA's KSK-2017 and KSK-2024")
    ] = ""
    dns_timeout_s: Annotated[Seconds, Meta(description="deadline of one DNS query")] = 3.0
    dns_asks: Annotated[
        int,
        Meta(description="how often one public authoritative address (anycast) and one resolver are asked", ge=1, le=9),
    ] = 3
    dns_resolvers: Annotated[
        tuple[str, ...],
        Meta(description="resolvers sampled after P1: `address[:port]`, `tcp://address[:port]` or `https://…` (DoH)"),
    ] = ("1.1.1.1", "8.8.8.8", "9.9.9.9", "208.67.222.222", "94.140.14.140", "185.222.222.222")
    dns_resolvers_needed: Annotated[
        int,
        Meta(description="so many resolvers that agree make a name visible (P3); fewer hold up nothing", ge=1, le=64),
    ] = 4
    dns_doh_ca: Annotated[
        str, Meta(description="PEM file of the CA of DoH resolvers; empty: the system's authorities")
    ] = ""
    settle_margin_s: Annotated[
        Seconds, Meta(description="added to the old and negative TTL before a name counts as settled (P4)")
    ] = 60.0
    poll_fast_s: Annotated[
        Seconds, Meta(description="first interval between two looks at the authoritative servers")
    ] = 1.0

    health_every_s: Annotated[
        float, Meta(description="how often every live name is looked at, in DNS and on its node", ge=0.1, le=86400)
    ] = 900.0
    signing_zones: Annotated[
        tuple[str, ...],
        Meta(
            description="zones to sign: `zone=signer+parent`, signer `cloudflare` or `self`, parent `manual`, `cds` or "
            "`rfc2136://address:port?key=file[&zone=…][&ttl=…]`"
        ),
    ] = ()
    rdap_bootstrap_url: Annotated[
        str,
        Meta(
            description="which RDAP server knows a domain (RFC 9224), asked before its DS changes by hand or by CDS; "
            "empty: none is asked",
            pattern=r"^(https?://.+)?$",
        ),
    ] = "https://data.iana.org/rdap/dns.json"

    # --- processes
    data_dir: Annotated[str, Meta(description="folder for the embedded bus, the sandbox and their logs")] = ".mesh"
    log_level: Annotated[
        str, Meta(description="debug, info, warning or error", pattern="^(debug|info|warning|error)$")
    ] = "info"
    leave_with_stdin: Annotated[
        bool, Meta(description="stop when standard input ends: a supervisor that holds it open takes us with it")
    ] = False
    instance: Annotated[
        str, Meta(description="name of this process among its replicas; empty: random", pattern=r"^[a-z0-9]{0,26}$")
    ] = ""

    # --- sandbox
    sandbox_control_port: Annotated[
        Port, Meta(description="port of the sandbox's control interface (0: any free one)")
    ] = 0
    sandbox_boot_delay_s: Annotated[Seconds, Meta(description="how long a sandbox node takes to start")] = 0.5
    sandbox_wires: Annotated[
        bool, Meta(description="clients reach the sandbox's Greenlight over wires that its control interface can cut")
    ] = False
    sandbox_resolver_lag_s: Annotated[
        Seconds, Meta(description="how long sandbox resolvers stay behind the authoritative servers")
    ] = 2.0
    sandbox_negative_ttl_s: Annotated[int, Meta(description="SOA minimum of the sandbox's zones", ge=0, le=86400)] = 2


def load(environ: Mapping[str, str]) -> Settings:
    """Settings from `environ`; raises SettingError naming the first setting that is unknown or does not fit."""
    hints = get_type_hints(Settings, include_extras=True)
    values: dict[str, object] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX):
            continue
        field = variable[len(PREFIX) :].lower()
        if field not in hints:
            raise SettingError(variable, "there is no such setting")
        values[field] = _convert(variable, text, hints[field])
    return Settings(**values)  # type: ignore[arg-type]  # each value was converted to its field's own type


def to_environ(settings: Settings) -> dict[str, str]:
    """`settings` as environment variables, so that `load` gives them back."""
    result: dict[str, str] = {}
    for field in settings.__struct_fields__:
        value = getattr(settings, field)
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        result[PREFIX + field.upper()] = text.lower() if isinstance(value, bool) else text
    return result


def table() -> list[tuple[str, str, str, str]]:
    """Rows (variable, type, default, meaning) in declaration order, for the documentation."""
    rows = []
    for info in msgspec.structs.fields(Settings):
        annotated = get_type_hints(Settings, include_extras=True)[info.name]
        default = info.default
        text = ",".join(default) if isinstance(default, tuple) else str(default)
        rows.append((PREFIX + info.name.upper(), _type_name(annotated), text, _description(annotated)))
    return rows


def _convert(variable: str, text: str, hint: Any) -> object:
    base = get_args(hint)[0]
    raw: object = text
    if get_origin(base) is tuple:
        raw = tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        return msgspec.convert(raw, hint, strict=False)
    except msgspec.ValidationError as error:
        raise SettingError(variable, str(error)) from None


def _type_name(hint: Any) -> str:
    base = get_args(hint)[0]
    if get_origin(base) is tuple:
        return "list"
    while get_origin(base) in (Annotated, Union, types.UnionType):
        base = get_args(base)[0]
    return {str: "text", int: "whole number", float: "number", bool: "true/false"}[base]


def _description(hint: Any) -> str:
    return next(meta.description for meta in get_args(hint)[1:] if isinstance(meta, Meta) and meta.description)
