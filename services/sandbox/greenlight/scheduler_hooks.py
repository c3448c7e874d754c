"""The scheduler's calls about outgoing webhooks: each node's own devices alone add, list, rotate and delete them."""

from abc import ABC, abstractmethod
from typing import Final, TypeVar

import grpc
import grpc.aio

from proto import greenlight_pb2, scheduler_pb2
from proto.scheduler_pb2_grpc import SchedulerServicer
from services.sandbox.greenlight.hooks import Hooks
from services.sandbox.greenlight.store import StoredNode

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")

_URI_MAX: Final = 2048


class HookCalls(SchedulerServicer, ABC):
    """That part of `scheduler.Scheduler`. Method names are the protocol's; what they need is the whole service's."""

    hooks: Hooks

    @abstractmethod
    async def _entered(
        self, method: str, node_id: bytes, context: grpc.aio.ServicerContext[Asked, Answered]
    ) -> StoredNode:
        """The caller's own node, once the call is counted and no fault stands in its way."""

    @abstractmethod
    async def _left(self, method: str, context: grpc.aio.ServicerContext[Asked, Answered]) -> None:
        """The call has had its effect; a fault may lose its answer."""

    async def AddOutgoingWebhook(
        self,
        request: scheduler_pb2.AddOutgoingWebhookRequest,
        context: grpc.aio.ServicerContext[
            scheduler_pb2.AddOutgoingWebhookRequest, scheduler_pb2.AddOutgoingWebhookResponse
        ],
    ) -> scheduler_pb2.AddOutgoingWebhookResponse:
        """Post the node's news there as well; the same address twice is two webhooks."""
        node = await self._entered("AddOutgoingWebhook", request.node_id, context)
        if not request.uri.startswith(("http://", "https://")) or len(request.uri) > _URI_MAX:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the uri is not one that can be posted to")
        hook = self.hooks.add(node, request.uri)
        if hook is None:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "the node has as many webhooks as it may have")
        await self._left("AddOutgoingWebhook", context)
        return scheduler_pb2.AddOutgoingWebhookResponse(id=hook.id, secret=hook.secret)

    async def ListOutgoingWebhooks(
        self,
        request: scheduler_pb2.ListOutgoingWebhooksRequest,
        context: grpc.aio.ServicerContext[
            scheduler_pb2.ListOutgoingWebhooksRequest, scheduler_pb2.ListOutgoingWebhooksResponse
        ],
    ) -> scheduler_pb2.ListOutgoingWebhooksResponse:
        """Where the node's news is posted; no secrets."""
        node = await self._entered("ListOutgoingWebhooks", request.node_id, context)
        hooks = [scheduler_pb2.Webhook(id=hook.id, uri=hook.uri) for hook in node.hooks]
        return scheduler_pb2.ListOutgoingWebhooksResponse(outgoing_webhooks=hooks)

    async def DeleteWebhooks(
        self,
        request: scheduler_pb2.DeleteOutgoingWebhooksRequest,
        context: grpc.aio.ServicerContext[scheduler_pb2.DeleteOutgoingWebhooksRequest, greenlight_pb2.Empty],
    ) -> greenlight_pb2.Empty:
        """Post nothing more for those."""
        node = await self._entered("DeleteWebhooks", request.node_id, context)
        self.hooks.delete(node, frozenset(request.ids))
        await self._left("DeleteWebhooks", context)
        return greenlight_pb2.Empty()

    async def RotateOutgoingWebhookSecret(
        self,
        request: scheduler_pb2.RotateOutgoingWebhookSecretRequest,
        context: grpc.aio.ServicerContext[
            scheduler_pb2.RotateOutgoingWebhookSecretRequest, scheduler_pb2.WebhookSecretResponse
        ],
    ) -> scheduler_pb2.WebhookSecretResponse:
        """A new secret; the former one signs nothing more."""
        node = await self._entered("RotateOutgoingWebhookSecret", request.node_id, context)
        hook = self.hooks.rotate(node, request.webhook_id)
        if hook is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "the node has no such webhook")
        await self._left("RotateOutgoingWebhookSecret", context)
        return scheduler_pb2.WebhookSecretResponse(secret=hook.secret)
