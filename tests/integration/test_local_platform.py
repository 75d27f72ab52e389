"""Parts start, die, are killed and stopped as real processes, and leave none behind.

Most parts here are tiny programs that behave in one way; the last tests use the real ones.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from pymongo import MongoClient
from tests.support.platform import local_settings
from tests.support.small_disk import fill, small_disk
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_EVENTOS
from vitrine_local import background, folder_lock, local_warehouse, postgres, status
from vitrine_local.failure import LocalError, PartError
from vitrine_local.layout import Layout
from vitrine_local.part import Part
from vitrine_local.platform import LocalPlatform
from vitrine_local.preflight import require_free_ports
from vitrine_local.processes import Process, belonging_to, find, read_records
from vitrine_local.restart_policy import RestartPolicy
from vitrine_local.restarts import Restarts
from vitrine_local.settings import HOST, Settings
from vitrine_local.supervisor import Supervisor
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

FOREVER = "import signal\nwhile True: signal.pause()"
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + FOREVER
WITH_A_CHILD = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], start_new_session=True)
{FOREVER}
"""
SUPERVISE = """
import sys
from tests.integration.test_local_platform import FOREVER, WITH_A_CHILD, part
from vitrine_local.layout import Layout
from vitrine_local.settings import Settings
from vitrine_local.supervisor import Supervisor
from pathlib import Path
import signal
layout = Layout.of(Settings(state_dir=Path(sys.argv[1])))
supervisor = Supervisor(layout, lambda *_: None)
supervisor.start({"parent": part("parent", WITH_A_CHILD), "single": part("single", FOREVER)})
print("ready", flush=True)
while True: signal.pause()
"""


def part(name: str, program: str, **changes: Any) -> Part:
    """A part that is ready as soon as it runs, unless told otherwise."""
    settings: dict[str, Any] = {"ready": lambda: True, "stop_within": 5.0, **changes}
    return Part(
        name=name,
        command=(sys.executable, "-c", program),
        environment={"PATH": os.environ["PATH"]},
        **settings,
    )


def write_until_it_fails(platform: LocalPlatform, producer: Producer) -> None:
    """Put large records on Kafka until a part ends."""
    for _ in range(100):
        producer.produce(TOPIC_EVENTOS, os.urandom(100_000))
        producer.flush(1)
        platform.watch()


def family(layout: Layout) -> list[Process]:
    """Every process of every part that is on record."""
    return [process for record in read_records(layout.run) for process in belonging_to(record)]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout.of(Settings(state_dir=tmp_path / "state"))
    layout.create()
    return layout


@pytest.fixture
def supervisor(layout: Layout) -> Iterator[Supervisor]:
    supervisor = Supervisor(layout, lambda _name, _seconds: None)
    yield supervisor
    supervisor.close()


def test_closing_ends_every_descendant(supervisor: Supervisor, layout: Layout) -> None:
    supervisor.start({"parent": part("parent", WITH_A_CHILD)})
    wait_until(lambda: len(family(layout)) == 2, "two processes run")
    processes = family(layout)
    supervisor.close()
    assert [process for process in processes if process.alive] == []
    assert read_records(layout.run) == []


def code_of_job(supervisor: Supervisor) -> int | None:
    codes: list[int | None] = [None]

    def has_ended() -> bool:
        codes[0] = supervisor.end_of_job("job")
        return codes[0] is not None

    wait_until(has_ended, "the job ends")
    return codes[0]


def test_a_job_ends_beside_the_parts_and_its_failure_ends_none(
    supervisor: Supervisor, layout: Layout
) -> None:
    supervisor.start({"single": part("single", FOREVER)})
    for code in (0, 3):
        supervisor.start_job(part("job", f"import sys; sys.exit({code})"))
        assert code_of_job(supervisor) == code
        supervisor.watch()
    assert [record.name for record in read_records(layout.run)] == ["single"]


def test_closing_ends_a_job_that_runs(supervisor: Supervisor, layout: Layout) -> None:
    supervisor.start_job(part("job", WITH_A_CHILD))
    wait_until(lambda: len(family(layout)) == 2, "two processes run")
    processes = family(layout)
    supervisor.close()
    assert [process for process in processes if process.alive] == []
    assert read_records(layout.run) == []


def test_a_part_that_ignores_its_signal_is_killed(supervisor: Supervisor, layout: Layout) -> None:
    supervisor.start({"deaf": part("deaf", STUBBORN, stop_within=0.2)})
    processes = family(layout)
    supervisor.stop("deaf")
    assert [process for process in processes if process.alive] == []
    assert supervisor.names == set()


def test_a_part_waits_for_what_it_needs(layout: Layout, tmp_path: Path) -> None:
    order: list[str] = []
    supervisor = Supervisor(layout, lambda name, _seconds: order.append(name))
    made = tmp_path / "made"
    once = part("once", f"open({str(made)!r}, 'w')", ready=None)
    after = part("after", FOREVER, ready=made.exists, needs=("once",))
    try:
        supervisor.start({"after": after, "once": once})
        assert order == ["once", "after"]
        supervisor.watch()
    finally:
        supervisor.close()


@pytest.mark.parametrize(
    ("program", "changes", "reason"),
    [
        pytest.param("exit(7)", {}, "p ended with exit code 7", id="ends"),
        pytest.param("exit(0)", {}, "p ended with exit code 0", id="ends well, but too early"),
        pytest.param("exit(2)", {"ready": None}, "p ended with exit code 2", id="a task fails"),
        pytest.param(
            FOREVER,
            {"ready": lambda: False, "ready_within": 0.1},
            "p was not ready within 0 s",
            id="never ready",
        ),
    ],
)
def test_a_part_that_fails_shows_its_last_words(
    program: str, changes: dict[str, Any], reason: str, supervisor: Supervisor
) -> None:
    waiting = {"ready": lambda: False, **changes}
    with pytest.raises(PartError, match=f"^{reason}$") as raised:
        supervisor.start({"p": part("p", f"print('last words', flush=True)\n{program}", **waiting)})
    if program != FOREVER:
        assert raised.value.tail == ["last words"]


def test_a_part_that_dies_later_is_noticed(supervisor: Supervisor, layout: Layout) -> None:
    supervisor.start({"p": part("p", FOREVER)})
    supervisor.watch()
    family(layout)[0].send(signal.SIGKILL)
    with pytest.raises(PartError, match=r"^p was killed by signal 9$"):
        wait_until(supervisor.watch, "it has work")


@dataclass
class Restarting:
    """A supervisor that starts parts again after short pauses, and what it says of them."""

    supervisor: Supervisor
    said: list[tuple[str, str]]

    def watch_until(self, condition: Callable[[], object]) -> None:
        """Let the supervisor work until it holds."""

        def watched() -> object:
            self.supervisor.watch()
            return condition()

        wait_until(watched, "it is watched")


@pytest.fixture
def restarting(layout: Layout) -> Iterator[Restarting]:
    said: list[tuple[str, str]] = []
    policy = RestartPolicy(first_pause=0.01, most_deaths=3)
    restarts = Restarts(lambda name, what: said.append((name, what)), policy)
    supervisor = Supervisor(layout, lambda _name, _seconds: None, restarts=restarts)
    yield Restarting(supervisor, said)
    supervisor.close()


def states(layout: Layout) -> dict[str, tuple[str, int]]:
    return {record.name: (record.state, record.restarts) for record in read_records(layout.run)}


def test_a_part_that_dies_comes_back_without_what_it_left(
    restarting: Restarting, layout: Layout
) -> None:
    restarting.supervisor.start({"p": part("p", WITH_A_CHILD), "q": part("q", FOREVER)})
    wait_until(lambda: len(family(layout)) == 3, "three processes run")
    before = {record.name: record for record in read_records(layout.run)}
    orphan = next(p for p in belonging_to(before["p"]) if p != before["p"].process)
    (layout.temporary_of("p") / "left").touch()
    before["p"].process.send(signal.SIGKILL)
    restarting.watch_until(lambda: states(layout) == {"p": ("", 1), "q": ("", 0)})
    assert not orphan.alive
    assert before["q"].process.alive
    assert list(layout.temporary_of("p").iterdir()) == []
    outlook = f"starts again in 0 s; its log: {layout.log('p')}"
    assert restarting.said == [("p", f"was killed by signal 9; {outlook}")]
    wait_until(lambda: len(family(layout)) == 3, "three processes run")


def test_a_part_that_dies_again_and_again_is_given_up_alone(
    restarting: Restarting, layout: Layout
) -> None:
    dying = part("p", "print('last words', flush=True)\nimport time; time.sleep(0.05); exit(7)")
    restarting.supervisor.start({"q": part("q", FOREVER)})
    restarting.supervisor.start({"p": dying})
    restarting.watch_until(lambda: states(layout)["p"][0] == "given up")
    assert states(layout) == {"p": ("given up", 2), "q": ("", 0)}
    told = [what for _, what in restarting.said]
    log = layout.log("p")
    again = f"ended with exit code 7; starts again in 0 s; its log: {log}"
    assert told[:2] == [again, again]
    assert re.match(
        r"ended with exit code 7; died 3 times, each soon after the time before, and is given up\. "
        r"The other parts go on\. Mend what its log tells, then end all by `.* down` and start "
        rf"again; its log: {log}",
        told[2],
    )
    assert log.read_text() == "last words\n" * 3
    restarting.supervisor.watch()
    assert states(layout)["p"] == ("given up", 2)


def test_a_part_whose_work_another_does_is_not_started_again(
    restarting: Restarting, layout: Layout
) -> None:
    fenced = part("p", "import time; time.sleep(0.05); exit(3)", final_exits={3: "it is taken"})
    restarting.supervisor.start({"p": fenced})
    restarting.watch_until(lambda: states(layout)["p"][0] == "given up")
    expected = "ended with exit code 3; does not start again: it is taken. To have it back, "
    assert restarting.said[0][1].startswith(expected)


def test_a_part_that_fails_at_its_first_start_is_an_error(restarting: Restarting) -> None:
    with pytest.raises(PartError, match=r"^p ended with exit code 7$"):
        restarting.supervisor.start({"p": part("p", "exit(7)", ready=lambda: False)})
    assert restarting.said == []


def test_a_start_ends_where_a_part_is_given_up(restarting: Restarting) -> None:
    dying = part("dying", "import time; time.sleep(0.2); exit(1)")
    slow = part("slow", FOREVER, ready=lambda: False)
    with pytest.raises(PartError, match=r"^dying died again and again$"):
        restarting.supervisor.start({"dying": dying, "slow": slow})


def test_a_part_starts_again_once_its_needs_are_ready(
    restarting: Restarting, layout: Layout, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    need = part("need", FOREVER, ready=gate.exists)
    user = part("user", FOREVER, needs=("need",))
    restarting.supervisor.start({"need": need, "user": user})
    gate.unlink()
    for record in read_records(layout.run):
        record.process.send(signal.SIGKILL)
    restarting.watch_until(lambda: states(layout)["need"] == ("", 1))
    restarting.supervisor.watch()
    assert states(layout)["user"] == ("restarting", 0)
    gate.touch()
    restarting.watch_until(lambda: states(layout) == {"need": ("", 1), "user": ("", 1)})


def test_what_listens_on_the_port_of_a_dead_part_is_named(
    restarting: Restarting, layout: Layout
) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        restarting.supervisor.start({"p": part("p", FOREVER, ports={"VITRINE_P_PORT": port})})
        read_records(layout.run)[0].process.send(signal.SIGKILL)
        restarting.watch_until(lambda: restarting.said)
    assert f"; port {port} is taken by process {os.getpid()} (" in restarting.said[0][1]


def test_a_part_that_waits_for_a_need_in_vain_names_it(supervisor: Supervisor) -> None:
    answers = [True]
    supervisor.start({"need": part("need", FOREVER, ready=lambda: answers[0])})
    answers[0] = False
    user = part("user", FOREVER, needs=("need",), ready=lambda: False, ready_within=0.1)
    reason = r"^user was not ready within 0 s: it needs need, which does not answer$"
    with pytest.raises(PartError, match=reason):
        supervisor.start({"user": user})


def test_a_need_of_a_need_that_does_not_run_is_named(supervisor: Supervisor) -> None:
    proxy = part("proxy", FOREVER, needs=("postgres",))
    supervisor.start({"postgres": part("postgres", FOREVER), "proxy": proxy})
    supervisor.stop("postgres")
    with pytest.raises(
        LocalError, match=r"^a needs proxy, proxy needs postgres, which does not run"
    ):
        supervisor.start({"a": part("a", FOREVER, needs=("proxy",))})


def test_a_part_that_has_died_is_not_said_to_run(supervisor: Supervisor, layout: Layout) -> None:
    supervisor.start({"p": part("p", FOREVER)})
    process = family(layout)[0]
    process.send(signal.SIGKILL)
    wait_until(lambda: not process.alive, "it ends")
    with pytest.raises(PartError, match=r"^p was killed by signal 9$"):
        supervisor.start({"p": part("p", FOREVER)})


def test_a_part_whose_need_does_not_run_is_refused_at_once(supervisor: Supervisor) -> None:
    lonely = part("lonely", FOREVER, needs=("kafka",))
    with pytest.raises(LocalError, match="lonely needs kafka, which does not run"):
        supervisor.start({"lonely": lonely})
    assert supervisor.names == set()


def test_a_killed_part_can_start_again(supervisor: Supervisor, layout: Layout) -> None:
    parent = part("parent", WITH_A_CHILD)
    supervisor.start({"parent": parent})
    wait_until(lambda: len(family(layout)) == 2, "two processes run")
    before = family(layout)
    supervisor.kill("parent")
    assert [process for process in before if process.alive] == []
    supervisor.start({"parent": parent})
    supervisor.watch()


def test_a_paused_part_goes_on_later(supervisor: Supervisor, tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    beating = f"import time\nwhile True: open({str(beat)!r}, 'a').write('.'); time.sleep(0.01)"
    supervisor.start({"heart": part("heart", beating, ready=beat.exists)})
    supervisor.signal("heart", signal.SIGSTOP)
    pid = supervisor.process_ids("heart")[0]
    wait_until(lambda: "State:\tT" in Path(f"/proc/{pid}/status").read_text(), "it is stopped")
    size = beat.stat().st_size
    supervisor.signal("heart", signal.SIGCONT)
    wait_until(lambda: beat.stat().st_size > size, "it beats")
    supervisor.signal("heart", signal.SIGSTOP)
    supervisor.stop("heart")


def test_a_supervisor_that_is_killed_leaves_no_process(layout: Layout) -> None:
    command = [sys.executable, "-c", SUPERVISE, str(layout.root)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert child.stdout
    assert child.stdout.readline() == b"ready\n"
    wait_until(lambda: len(family(layout)) == 3, "three processes run")
    processes = family(layout)
    child.kill()
    child.wait()
    child.stdout.close()
    wait_until(lambda: not any(process.alive for process in processes), "all end")
    wait_until(lambda: read_records(layout.run) == [], "no record is left")


def test_a_taken_port_is_named_with_who_has_it() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        reason = rf"port {port} \(p\) is taken.*: stop that or set VITRINE_P_PORT to another"
        with pytest.raises(LocalError, match=reason):
            require_free_ports([part("p", FOREVER, ports={"VITRINE_P_PORT": port})])


def test_one_supervisor_holds_a_folder(layout: Layout) -> None:
    with folder_lock.hold(layout):
        assert folder_lock.holder(layout) == find(os.getpid())
        with pytest.raises(LocalError, match=f"is in use already by process {os.getpid()}"):
            folder_lock.hold(layout).__enter__()
    assert folder_lock.holder(layout) is None


class Data:
    """One row, one document and one record, written and read back."""

    def __init__(self, platform: LocalPlatform) -> None:
        setup = platform.environment("setup")
        self._kafka = {"bootstrap.servers": setup["KAFKA_BOOTSTRAP_SERVERS"]}
        self._mongo = (platform.layout.secrets / "mongo_url").read_text()
        self._warehouse = WarehouseSettings(
            **{k.lower(): v for k, v in setup.items() if k.startswith("WAREHOUSE_")},
            warehouse_password=(platform.layout.secrets / "warehouse_password").read_text(),
        )

    def write(self) -> None:
        producer = Producer(self._kafka)
        producer.produce(TOPIC_EVENTOS, b"kept", partition=0)
        assert producer.flush(20) == 0
        with MongoClient[dict[str, Any]](self._mongo) as client:
            client["vitrine"]["kept"].replace_one({"_id": "a"}, {"n": 1}, upsert=True)
        warehouse = Warehouse(self._warehouse, application="test")
        with warehouse.transaction() as transaction:
            transaction.execute("CREATE TABLE kept (n INTEGER)")
            transaction.execute("INSERT INTO kept VALUES (42)")
        warehouse.close()

    def read(self) -> tuple[bytes | None, dict[str, Any] | None, int]:
        consumer = Consumer({**self._kafka, "group.id": "test"})
        consumer.assign([TopicPartition(TOPIC_EVENTOS, 0, 0)])
        message = consumer.poll(20)
        consumer.close()
        with MongoClient[dict[str, Any]](self._mongo) as client:
            document = client["vitrine"]["kept"].find_one({"_id": "a"})
        warehouse = Warehouse(self._warehouse, application="test")
        with warehouse.transaction() as transaction:
            (number,) = transaction.row("SELECT n FROM kept")
        warehouse.close()
        return message.value() if message else None, document, number


@pytest.mark.parametrize("java", ["system", "wheel"])
def test_a_second_start_keeps_its_data(java: str, tmp_path: Path) -> None:
    settings = local_settings(tmp_path / "state", java=java)
    try:
        platform = LocalPlatform(settings)
        platform.environment("setup")
    except LocalError as error:
        pytest.skip(str(error))
    names = ["kafka", "redshift-local", "mongo", "s3", "setup"]
    with platform:
        platform.start(names)
        Data(platform).write()
        platform.kill("postgres")
        platform.start_part("postgres")
        expected = (b"kept", {"_id": "a", "n": 1}, 42)
        wait_until(lambda: Data(platform).read() == expected, "the data is there")
    with LocalPlatform(settings) as again:
        again.start(names)
        assert Data(again).read() == expected
        assert local_warehouse.audit_local_warehouse(Settings(state_dir=settings.state_dir)).exact
        processes = family(again.layout)
    assert [process for process in processes if process.alive] == []


def test_the_platform_is_stopped_from_elsewhere(tmp_path: Path) -> None:
    settings = local_settings(tmp_path / "state")
    layout = Layout.of(settings)
    try:
        assert background.up(settings, ["redshift-local", "s3"], fresh=False) == 0
        others = Settings(state_dir=settings.state_dir)  # of a terminal that knows other ports
        shown = {line.name: line.state for line in status.part_statuses(others, layout)}
        assert shown == dict.fromkeys(["supervisor", "postgres", "redshift-local", "s3"], "ready")
        with pytest.raises(LocalError, match=r"warehouse: .*does not exist"):
            local_warehouse.audit_local_warehouse(others)
        with pytest.raises(LocalError, match="is in use already"):
            background.up(settings, ["s3"], fresh=False)
        processes = family(layout)
    finally:
        assert background.down(layout)
    assert [process for process in processes if process.alive] == []
    assert not background.down(layout)


def test_a_killed_supervisor_of_real_parts_leaves_none(tmp_path: Path) -> None:
    settings = local_settings(tmp_path / "state")
    layout = Layout.of(settings)
    try:
        assert background.up(settings, ["redshift-local", "s3", "mongo"], fresh=False) == 0
        processes = family(layout)
        holder = folder_lock.holder(layout)
        assert holder
        holder.send(signal.SIGKILL)
        wait_until(lambda: not holder.alive, "it ends")
        assert background.up(settings, ["redshift-local"], fresh=False) == 0
        assert [process for process in processes if process.alive] == []
        shown = {line.name: line.state for line in status.part_statuses(settings, layout)}
        assert shown == dict.fromkeys(["supervisor", "postgres", "redshift-local"], "ready")
    finally:
        background.down(layout)


QUERY_WITHOUT_END = "SELECT COUNT(*) FROM generate_series(1, 1000000000000)"


def test_postgres_and_what_needs_it_come_back_in_the_background(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A backend of PostgreSQL that is busy outlives its parent and lets no new one start."""
    settings = local_settings(tmp_path / "state")
    layout = Layout.of(settings)
    try:
        assert background.up(settings, ["redshift-local", "s3"], fresh=False) == 0
        records = {record.name: record for record in read_records(layout.run)}
        before = belonging_to(records["postgres"])
        password = (layout.secrets / "warehouse_password").read_text()
        address = f"postgresql://vitrine:{password}@{HOST}:{settings.postgres_port}/vitrine"
        query = [str(postgres.program("psql")), address, "-c", QUERY_WITHOUT_END]
        client = subprocess.Popen(query, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(
            lambda: len(belonging_to(records["postgres"])) > len(before),
            "PostgreSQL has a further process",
        )
        before = belonging_to(records["postgres"])
        for record in records.values():
            record.process.send(signal.SIGKILL)
        ready = dict.fromkeys(records, ("ready", 1)) | {"supervisor": ("ready", 0)}
        wait_until(lambda: shown(settings) == ready, "all is ready", seconds=60)
        client.wait()
        assert [process for process in before if process.alive] == []
    finally:
        background.down(layout)
    assert family(layout) == []
    said = layout.log(background.SUPERVISOR).read_text()
    assert f"{'s3':<17} was killed by signal 9; starts again in 1 s" in said
    assert said.count("starts again") == len(records), "a stop is no death"
    capfd.readouterr()


def shown(settings: Settings) -> dict[str, tuple[str, int]]:
    """State and restarts of each part, as another terminal sees them."""
    return {
        line.name: (line.state, line.restarts)
        for line in status.part_statuses(settings, Layout.of(settings))
    }


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Just large enough to begin on."""
    with small_disk(tmp_path / "small", size="700m") as folder:
        yield folder


def test_a_full_disk_ends_all_and_is_named(disk: Path) -> None:
    settings = local_settings(disk / "state")
    producer = Producer(
        {
            "bootstrap.servers": f"{HOST}:{settings.kafka_port}",
            "message.timeout.ms": 5000,
            "log_level": 0,
        }
    )
    with LocalPlatform(settings) as platform:
        platform.start(["setup", "s3"])
        fill(disk)
        with pytest.raises(PartError, match=r"(?s)the disk of .* is full, free some"):
            write_until_it_fails(platform, producer)
    with pytest.raises(LocalError, match="only 0 MB are free"):
        background.up(settings, ["s3"], fresh=False)
    with LocalPlatform(settings) as again, pytest.raises(LocalError, match="only 0 MB are free"):
        again.start(["s3"])
