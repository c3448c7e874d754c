"""An owner's lists: which operations each shows. The notifier keeps them in bucket `lists`, edges page through them."""

from collections.abc import Mapping
from typing import Final, Literal

from schemas.flow import WorkerName

ListName = Literal["payments", "invoices", "incoming"]

LIST_OF: Final[Mapping[str, ListName]] = {
    "payment.send": "payments",
    "invoice.create": "invoices",
    "payment.receive": "incoming",
}
"""The list that an operation of each flow is in; of any other flow it is in none."""

OPENED_BY: Final[WorkerName] = "node-manager"
"""Who opens whatever is in a list."""

PAGE: Final = 128
"""Operations on a full page of the bucket."""

WHOLE: Final = "all"
"""The key that says how far the lists go."""
