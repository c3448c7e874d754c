"""Every step that offer-builder does, and what does it."""

from bus.workers.running import Handlers
from services.offer_builder.desk import Desk
from services.offer_builder.handlers.activate import Activate
from services.offer_builder.handlers.begin import Begin
from services.offer_builder.handlers.compose import Compose
from services.offer_builder.handlers.pause import Pause
from services.offer_builder.handlers.quarantine import Quarantine
from services.offer_builder.handlers.reserve import Reserve
from services.offer_builder.handlers.switch import Switch
from services.offer_builder.handlers.tell import Tell
from services.offer_builder.handlers.unused import Unused
from services.offer_builder.offers.activate import ActivateOffer
from services.offer_builder.offers.begin import BeginOffer
from services.offer_builder.offers.claim import ClaimOffer
from services.offer_builder.offers.credit import Credit
from services.offer_builder.offers.finish import CloseOffer, OpenOffer, SwitchOffer
from services.offer_builder.records.begin import BeginWithdrawal
from services.offer_builder.records.claim import Claim
from services.offer_builder.records.compose import ComposeRecord
from services.offer_builder.records.record import Record
from services.offer_builder.records.rest import Rest


def handlers(desk: Desk) -> Handlers:
    """Handlers by flow and step."""
    return {
        ("node.delete", "unused"): Unused(desk),
        ("offer.create", "claim"): ClaimOffer(desk),
        ("offer.create", "activate"): ActivateOffer(desk),
        ("payment.receive", "credit"): Credit(desk),
        ("offer.change", "begin"): BeginOffer(desk, "change"),
        ("offer.change", "switch"): SwitchOffer(desk),
        ("offer.disable", "begin"): BeginOffer(desk, "disable"),
        ("offer.disable", "close"): CloseOffer(desk),
        ("offer.enable", "begin"): BeginOffer(desk, "enable"),
        ("offer.enable", "open"): OpenOffer(desk),
        ("username.register", "reserve"): Reserve(desk),
        ("username.register", "compose"): Compose(desk),
        ("username.register", "activate"): Activate(desk),
        ("username.rotate", "begin"): Begin(desk),
        ("username.rotate", "compose"): Compose(desk),
        ("username.rotate", "switch"): Switch(desk),
        ("username.release", "begin"): Begin(desk, "releasing"),
        ("username.release", "quarantine"): Quarantine(desk),
        ("dns.publish", "claim"): Claim(desk),
        ("dns.publish", "compose"): ComposeRecord(desk),
        ("dns.publish", "record"): Record(desk),
        ("dns.withdraw", "begin"): BeginWithdrawal(desk),
        ("dns.withdraw", "rest"): Rest(desk),
        ("username.pause", "begin"): Begin(desk),
        ("username.pause", "pause"): Pause(desk),
        ("username.health", "tell"): Tell(),
    }
