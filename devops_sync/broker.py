"""The embedded broker: kombu's file-system transport, with files that appear whole.

kombu opens a message's file under its final name and writes it then, so a worker that looks at that moment
takes an empty message, cannot read it and ends (kombu 5.7.0; seen within a minute of polling every 50 ms).
Here a file is written aside and renamed into place.
"""

import uuid
from pathlib import Path
from time import monotonic_ns
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """A channel whose files are never seen half written."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override] # as kombu itself
        name = f"{monotonic_ns() // 1_000_000}_{uuid.uuid4()}.{queue}.msg"
        _write_whole(Path(self.data_folder_out) / name, dumps(payload))

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str) -> None:
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        bindings = self.get_table(exchange)
        if binding not in bindings:
            _write_whole(Path(self.control_folder) / f"{exchange}.exchange", dumps([binding, *bindings]))


class Transport(filesystem.Transport):
    """The transport with that channel."""

    Channel = Channel


def _write_whole(path: Path, text: str) -> None:
    # Hidden and without the queue's suffix, so that nobody takes it for a message.
    aside = path.with_name(f".{uuid.uuid4()}")
    try:
        aside.write_text(text)
        aside.replace(path)
    except OSError as error:
        raise ChannelError(f"The broker's folder {path.parent} cannot be written to.") from error


def install() -> None:
    """Let `filesystem://` mean this transport."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
