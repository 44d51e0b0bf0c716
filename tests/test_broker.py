"""The embedded broker under several writers and a reader that looks all the time."""

import threading
import uuid
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection, Exchange, Queue

from devops_sync import broker
from tests import needs

MESSAGES = 400
WRITERS = 3
BELL = Queue("bell", Exchange("bell"), "bell")


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    broker.install()
    for name in ("queue", "control"):
        (tmp_path / name).mkdir()
    options = {
        "data_folder_in": str(tmp_path / "queue"),
        "data_folder_out": str(tmp_path / "queue"),
        "control_folder": str(tmp_path / "control"),
    }
    return Connection("filesystem://", transport_options=options)


def test_no_message_is_ever_seen_half_written(connection: Connection) -> None:
    def write(writer: int) -> None:
        producer = connection.clone().Producer()
        for number in range(MESSAGES):
            body = {"writer": writer, "number": number, "padding": "x" * 5000}
            producer.publish(body, exchange=BELL.exchange, routing_key=BELL.routing_key, declare=[BELL])

    # kombu notes a binding in memory before it is in the file, for all connections of a process.
    queue = connection.SimpleQueue(BELL)
    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for thread in writers:
        thread.start()
    got = []
    while len(got) < MESSAGES * WRITERS:
        try:
            message = queue.get(block=True, timeout=10)
        except Empty:
            break
        got.append((message.payload["writer"], message.payload["number"]))
        message.ack()
    for thread in writers:
        thread.join()
    assert sorted(got) == [(writer, number) for writer in range(WRITERS) for number in range(MESSAGES)]


@pytest.mark.needs("redis")
def test_a_doorbell_goes_through_redis() -> None:
    with Connection(needs.REDIS) as connection:
        queue = connection.SimpleQueue(f"waybill-test-{uuid.uuid4()}")
        queue.put({"lane": 7})
        message = queue.get(timeout=10)
        message.ack()
        queue.queue.delete()
    assert message.payload == {"lane": 7}
