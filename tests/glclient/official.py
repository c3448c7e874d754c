"""Runs inside the official client's own environment: one JSON command a line in, one JSON answer a line out.

The client aborts its whole process on some inputs and its message names collide with ours, hence a process of its own.
Which scheduler, which certificates: the environment says so, as for any user of it.
"""

import json
import sys
from typing import Any

import glclient  # type: ignore[import-not-found,unused-ignore]  # only installed in that other environment
from glclient import clnpb
from glclient.pairing import AttestationDeviceClient, NewDeviceClient  # type: ignore[import-not-found,unused-ignore]  # as above

Answer = dict[str, Any]


class Official:
    """The official client's objects, kept between commands."""

    def __init__(self) -> None:
        self.signer: Any = None
        self.pairing: Any = None

    def register(self, secret: str, network: str) -> Answer:
        """Register with the developer certificate from the environment."""
        signer = glclient.Signer(bytes.fromhex(secret), network, glclient.Credentials())
        answer = glclient.Scheduler(network, glclient.Credentials()).register(signer)
        return {"nodeId": signer.node_id().hex(), **_device(answer)}

    def recover(self, secret: str, network: str) -> Answer:
        """Recover with the developer certificate from the environment."""
        signer = glclient.Signer(bytes.fromhex(secret), network, glclient.Credentials())
        return _device(glclient.Scheduler(network, glclient.Credentials()).recover(signer))

    def schedule(self, creds: str, network: str) -> Answer:
        """Start the node with the credentials blob of a registration."""
        return self._schedule(glclient.Credentials.from_bytes(bytes.fromhex(creds)), network)

    def schedule_parts(self, cert: str, key: str, rune: str, network: str) -> Answer:
        """Start the node with credentials that somebody else made."""
        parts = glclient.Credentials.from_parts(cert.encode(), key.encode(), rune)
        return self._schedule(parts, network)

    def parts(self, cert: str, key: str, rune: str) -> Answer:
        """The credentials blob of what somebody else made."""
        whole = glclient.Credentials.from_parts(cert.encode(), key.encode(), rune)
        return {"creds": bytes(whole.to_bytes()).hex()}

    def hook_add(self, creds: str, network: str, uri: str) -> Answer:
        """Have what happens to the node posted to `uri`."""
        answer = self._device_scheduler(creds, network).add_outgoing_webhook(uri)
        return {"id": answer.id, "secret": answer.secret}

    def hook_list(self, creds: str, network: str) -> Answer:
        """Where it is posted."""
        found = self._device_scheduler(creds, network).list_outgoing_webhooks().outgoing_webhooks
        return {"hooks": {str(hook.id): hook.uri for hook in found}}

    def hook_rotate(self, creds: str, network: str, number: int) -> Answer:
        """A new secret for one."""
        return {"secret": self._device_scheduler(creds, network).rotate_outgoing_webhook_secret(number).secret}

    def hook_delete(self, creds: str, network: str, numbers: list[int]) -> Answer:
        """Post nothing more for those."""
        self._device_scheduler(creds, network).delete_outgoing_webhooks(numbers)
        return {}

    def attach(self, secret: str, creds: str, network: str) -> Answer:
        """Run the official signer until `detach`."""
        device = glclient.Credentials.from_bytes(bytes.fromhex(creds))
        self.signer = glclient.Signer(bytes.fromhex(secret), network, device)
        self.signer.run_in_thread()
        return {"version": self.signer.version()}

    def detach(self) -> Answer:
        """Stop the signer."""
        self.signer.shutdown()
        return {}

    def narrow(self, rune: str, restriction: str, secret: str, creds: str, network: str) -> Answer:
        """Let the official signer restrict a rune."""
        device = glclient.Credentials.from_bytes(bytes.fromhex(creds))
        signer = glclient.Signer(bytes.fromhex(secret), network, device)
        return {"rune": signer.create_rune([restriction.split("|")], rune)}

    def pair_new(self, name: str, description: str, restrictions: str) -> Answer:
        """Ask for a pairing as a new device; the code for the old one. The call stays open until `paired`."""
        self.pairing = iter(NewDeviceClient(creds=glclient.Credentials()).pair_device(name, description, restrictions))
        return {"code": next(self.pairing)}

    def paired(self) -> Answer:
        """Wait until an old device has approved."""
        answer = next(self.pairing)
        return _device(answer)

    def pair_approve(self, creds: str, code: str) -> Answer:
        """Approve a new device as an old one: look at what it says of itself, verify it, approve it."""
        client = AttestationDeviceClient(creds=glclient.Credentials.from_bytes(bytes.fromhex(creds)))
        data = client.get_pairing_data(code.removeprefix("gl-pairing:"))
        client.verify_pairing_data(data)
        client.approve_pairing(data.device_id, data.device_name, data.restrictions)
        return {"name": data.device_name, "restrictions": data.restrictions}

    def getinfo(self, creds: str, uri: str, node_id: str) -> Answer:
        """A read call through the client's own method."""
        info = self._node(creds, uri, node_id).get_info()
        return {"id": info.id.hex(), "network": info.network, "version": info.version}

    def offer(self, creds: str, uri: str, node_id: str, label: str) -> Answer:
        """`Offer`, which the client has no method for, through its generic call."""
        request = clnpb.OfferRequest(amount="any", description="a shop", label=label)
        answer = self._call(creds, uri, node_id, "Offer", request, clnpb.OfferResponse)
        return {"bolt12": answer.bolt12, "offerId": answer.offer_id.hex(), "created": answer.created}

    def list_offers(self, creds: str, uri: str, node_id: str) -> Answer:
        """`ListOffers` through the generic call."""
        answer = self._call(creds, uri, node_id, "ListOffers", clnpb.ListoffersRequest(), clnpb.ListoffersResponse)
        return {"offers": [{"bolt12": o.bolt12, "label": o.label, "active": o.active} for o in answer.offers]}

    def invoice(self, creds: str, uri: str, node_id: str, label: str, msat: str) -> Answer:
        """A BOLT 11 invoice."""
        amount = clnpb.AmountOrAny(amount=clnpb.Amount(msat=int(msat)))
        answer = self._node(creds, uri, node_id).invoice(amount, label, "tea")
        return {"bolt11": answer.bolt11, "paymentHash": answer.payment_hash.hex()}

    def pay(self, creds: str, uri: str, node_id: str, invoice: str) -> Answer:
        """Pay an invoice of either format."""
        answer = self._node(creds, uri, node_id).pay(invoice)
        return {"preimage": answer.payment_preimage.hex(), "sentMsat": answer.amount_sent_msat.msat}

    def fetch_invoice(self, creds: str, uri: str, node_id: str, offer: str, msat: str) -> Answer:
        """An invoice of an offer; waits for ever if the node's signer does not know the message."""
        answer = self._node(creds, uri, node_id).fetch_invoice(offer, amount_msat=clnpb.Amount(msat=int(msat)))
        return {"invoice": answer.invoice}

    def list_pays(self, creds: str, uri: str, node_id: str) -> Answer:
        """What was paid."""
        found = self._node(creds, uri, node_id).listpays().pays
        status = clnpb.ListpaysPays.ListpaysPaysStatus
        return {"pays": [{"hash": p.payment_hash.hex(), "status": status.Name(p.status)} for p in found]}

    def list_invoices(self, creds: str, uri: str, node_id: str) -> Answer:
        """What was promised."""
        found = self._node(creds, uri, node_id).list_invoices().invoices
        status = clnpb.ListinvoicesInvoices.ListinvoicesInvoicesStatus
        return {
            "invoices": [
                {
                    "label": i.label,
                    "bolt12": i.bolt12,
                    "status": status.Name(i.status),
                    "msat": i.amount_received_msat.msat,
                }
                for i in found
            ]
        }

    def decode(self, creds: str, uri: str, node_id: str, text: str) -> Answer:
        """What a text says."""
        said = self._node(creds, uri, node_id).decode(text)
        return {"valid": said.valid, "type": clnpb.DecodeResponse.DecodeType.Name(said.item_type)}

    def channel(self, creds: str, uri: str, node_id: str) -> Answer:
        """The node's channel, in msat."""
        (channel,) = self._node(creds, uri, node_id).list_peer_channels().channels
        return {"toUs": channel.to_us_msat.msat, "spendable": channel.spendable_msat.msat}

    def _device_scheduler(self, creds: str, network: str) -> Any:
        return glclient.Scheduler(network, glclient.Credentials.from_bytes(bytes.fromhex(creds)))

    def _schedule(self, credentials: Any, network: str) -> Answer:
        answer = glclient.Scheduler(network, credentials).schedule()
        return {"uri": answer.grpc_uri, "nodeId": answer.node_id.hex()}

    def _call(self, creds: str, uri: str, node_id: str, method: str, request: Any, answer: Any) -> Any:
        node = self._node(creds, uri, node_id)
        return answer.FromString(bytes(node.inner.call(f"/cln.Node/{method}", request.SerializeToString())))

    def _node(self, creds: str, uri: str, node_id: str) -> Any:
        device = glclient.Credentials.from_bytes(bytes.fromhex(creds))
        return glclient.Node(node_id=bytes.fromhex(node_id), grpc_uri=uri, creds=device)


def _device(answer: Any) -> Answer:
    return {
        "cert": answer.device_cert,
        "key": answer.device_key,
        "rune": answer.rune,
        "creds": bytes(answer.creds).hex(),
    }


def main() -> None:
    """Answer commands until standard input ends."""
    official = Official()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = {"ok": getattr(official, command.pop("do"))(**command)}
        except ValueError as error:
            answer = {"error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
