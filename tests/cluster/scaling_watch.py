"""Watches how a consumer is scaled: what kubectl shows, and what Kafka says of its group."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
from tests.cluster.cluster import Cluster, wait_until
from tests.cluster.load import pod
from tests.support.helm import Manifest
from tests.support.scaling_record import Look, Offsets, ScalingRecord, Told

_READER: Final = """
import json, signal, sys, time
from confluent_kafka import Consumer, KafkaException, TopicPartition
stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
servers, group, topic = sys.argv[1:]
consumer = Consumer({"bootstrap.servers": servers, "group.id": group, "log_level": 0})
while not stopped:
    begun = time.time()
    try:
        numbers = sorted(consumer.list_topics(topic, timeout=1).topics[topic].partitions)
        places = [TopicPartition(topic, number) for number in numbers]
        committed = [max(0, place.offset) for place in consumer.committed(places, timeout=1)]
        ends = [consumer.get_watermark_offsets(place, timeout=1)[1] for place in places]
        print(json.dumps([begun, ends, committed]), flush=True)
    except KafkaException:
        pass
    time.sleep(max(0, begun + 1 - time.time()))
"""


@dataclass(frozen=True)
class ScalingWatch:
    """Of a Deployment and the StreamScaler of the same name. Every look is kept in the record."""

    cluster: Cluster
    name: str
    record: ScalingRecord

    def look(self) -> Look:
        """Both as they are now."""
        kinds = (f"streamscaler/{self.name}", f"deployment/{self.name}")
        scaler, target = self.cluster.objects(*kinds)
        seen = _look(scaler.get("status", {}), target, at=time.time())
        kept = self.record.looks
        if not kept or msgspec.structs.replace(kept[-1], at=seen.at) != seen:
            kept.append(seen)
        return seen

    def until(self, holds: Callable[[Look], object], what: str) -> Look:
        """Look until this holds; the look in which it does."""
        wait_until(lambda: holds(self.look()), what)
        return self.record.looks[-1]

    def mark(self, what: str) -> None:
        """Write down that this is done now."""
        self.record.marks.append(Told(time.time(), what))

    def events(self) -> list[Told]:
        """Those of the StreamScaler, the oldest first."""
        uid = self.cluster.object("streamscaler", self.name)["metadata"]["uid"]
        found = self.cluster.objects("events", f"--field-selector=involvedObject.uid={uid}")
        told = [Told(_moment(e), e["reason"], e["message"]) for e in found]
        return sorted(told, key=lambda each: each.at)

    def story(self) -> str:
        """The events as `kubectl describe` shows them below the object."""
        described = self.cluster.kubectl("describe", "streamscaler", self.name)
        return described.partition("\nEvents:")[2].strip("\n")


def _look(status: Manifest, target: Manifest, *, at: float) -> Look:
    conditions = {c["type"]: c["reason"] for c in status.get("conditions", ())}
    return Look(
        at=round(at, 1),
        replicas=target["spec"]["replicas"],
        ready=target["status"].get("readyReplicas", 0),
        generation=target["metadata"]["generation"],
        state=conditions.get("Ready", ""),
        reason=status.get("reason", ""),
        explanation=status.get("explanation", ""),
        lag=status.get("lag"),
        lag_seconds=status.get("lagSeconds"),
        arrival_rate=status.get("arrivalRate"),
        capacity=status.get("capacityPerReplica"),
    )


def _moment(event: Manifest) -> float:
    text: Any = event.get("eventTime") or event["firstTimestamp"]
    return datetime.fromisoformat(text).timestamp()


@dataclass(frozen=True)
class OffsetsReader:
    """A pod that reads the offsets of a group once a second, for as long as Kafka answers."""

    cluster: Cluster
    servers: str
    group: str
    topic: str
    name: str = field(default="offsets", kw_only=True)

    @contextmanager
    def reading(self, image: str, labels: dict[str, str]) -> Iterator[list[Offsets]]:
        """What was read is in the list at the end."""
        command = ["python", "-c", _READER, self.servers, self.group, self.topic]
        container = {"name": "reader", "image": image, "command": command}
        self.cluster.apply(pod(self.name, container, labels=labels))
        found: list[Offsets] = []
        try:
            wait_until(self._printed, "offsets are read")
            yield found
            lines = self._printed().splitlines()
            found += [
                Offsets(round(at, 1), *map(tuple, rest)) for at, *rest in map(json.loads, lines)
            ]
        finally:
            self.cluster.kubectl("delete", "pod", self.name, "--grace-period=1")

    def _printed(self) -> str:
        try:
            return self.cluster.kubectl("logs", self.name, "--tail=-1")
        except AssertionError:
            return ""
