"""Every step that node-manager does, and what does it."""

from bus.workers.running import Handlers
from services.node_manager.desk import Desk
from services.node_manager.handlers.begin_delete import BeginDelete
from services.node_manager.handlers.disable_offer import DisableOffer
from services.node_manager.handlers.enable_offer import EnableOffer
from services.node_manager.handlers.fetch_invoice import FetchInvoice
from services.node_manager.handlers.find_payment import FindPayment
from services.node_manager.handlers.forget_node import ForgetNode
from services.node_manager.handlers.make_invoice import MakeInvoice
from services.node_manager.handlers.make_offer import MakeOffer
from services.node_manager.handlers.narrow import NarrowRune
from services.node_manager.handlers.notice_stuck import NoticeStuck
from services.node_manager.handlers.open import OpenDoor
from services.node_manager.handlers.pay import Pay
from services.node_manager.handlers.ready import Ready
from services.node_manager.handlers.register import Register
from services.node_manager.handlers.reserve_funds import ReserveFunds
from services.node_manager.handlers.resolve_payee import ResolvePayee
from services.node_manager.handlers.retire_offer import RetireOffer
from services.node_manager.handlers.schedule import Schedule
from services.node_manager.handlers.start_node import StartNode
from services.node_manager.handlers.stop_node import StopNode
from services.node_manager.handlers.tell_lag import TellLag
from services.node_manager.handlers.tell_turn import TellTurn
from services.node_manager.handlers.watch_failed import WatchFailed


def handlers(desk: Desk) -> Handlers:
    """Handlers by flow and step."""
    return {
        ("node.register", "open"): OpenDoor(desk),
        ("node.register", "register"): Register(desk),
        ("node.register", "schedule"): Schedule(desk),
        ("node.register", "narrow"): NarrowRune(desk),
        ("node.register", "ready"): Ready(desk),
        ("node.start", "start"): StartNode(desk),
        ("node.stop", "stop"): StopNode(desk),
        ("node.restart", "notice"): NoticeStuck(desk),
        ("node.restart", "stop"): StopNode(desk),
        ("node.restart", "start"): StartNode(desk),
        ("node.delete", "begin"): BeginDelete(desk),
        ("node.delete", "forget"): ForgetNode(desk),
        ("node.turn", "turn"): TellTurn(),
        ("node.lag", "tell"): TellLag(),
        ("payment.send", "resolve"): ResolvePayee(desk),
        ("payment.send", "fetch"): FetchInvoice(desk),
        ("payment.send", "reserve"): ReserveFunds(desk),
        ("payment.send", "pay"): Pay(desk),
        ("payment.watch", "watch"): WatchFailed(desk),
        ("offer.create", "offer"): MakeOffer(desk),
        ("payment.receive", "find"): FindPayment(),
        ("invoice.create", "make"): MakeInvoice(desk),
        ("offer.change", "offer"): MakeOffer(desk),
        ("offer.change", "retire"): RetireOffer(desk),
        ("offer.disable", "disable"): DisableOffer(desk),
        ("offer.enable", "enable"): EnableOffer(desk),
        ("username.register", "offer"): MakeOffer(desk),
        ("username.rotate", "offer"): MakeOffer(desk),
        ("username.rotate", "retire"): RetireOffer(desk),
        ("username.release", "retire"): RetireOffer(desk),
    }
