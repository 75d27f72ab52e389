import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from click_logger.settings import Settings as ClickLogger
from vitrine_local.deployables import DEPLOYABLES
from vitrine_local.lag import CLICK_LOGGER, READ_KAFKA, Lag, behind, counted_offsets

EVENTS, STOCK = "eventos_clientes", "atualizacoes_estoque"


@pytest.mark.parametrize(
    ("ends", "done", "expected"),
    [
        pytest.param({}, {}, 0, id="no partitions"),
        pytest.param({(EVENTS, 0): 7}, {}, 7, id="nothing is done yet"),
        pytest.param({(EVENTS, 0): 7, (STOCK, 0): 5}, {(EVENTS, 0): 4}, 8, id="of all topics"),
        pytest.param({(EVENTS, 0): 7}, {(EVENTS, 0): 7}, 0, id="all is done"),
        pytest.param(
            {(EVENTS, 0): 7, (EVENTS, 1): 3},
            {(EVENTS, 0): 9, (EVENTS, 1): 1},
            2,
            id="done since the ends were asked",
        ),
    ],
)
def test_records_that_are_not_done(
    ends: Mapping[tuple[str, int], int], done: Mapping[tuple[str, int], int], expected: int
) -> None:
    assert behind(ends, done) == expected


def test_a_lag_that_nobody_could_tell_is_not_shown_as_none() -> None:
    assert str(Lag(warehouse=12)) == "warehouse 12, metrics ?"
    assert str(Lag(warehouse=0, metrics=0)) == "warehouse 0, metrics 0"


def test_click_logger_has_the_group_whose_lag_is_told() -> None:
    assert ClickLogger.model_fields["group_id"].default == CLICK_LOGGER
    told = DEPLOYABLES[CLICK_LOGGER]
    assert "GROUP_ID" not in {**told.environment, **told.local}
    assert set(READ_KAFKA) <= set(DEPLOYABLES)


def log_of_spark(folder: Path, *, committed: int, ends: Mapping[int, int]) -> None:
    """Spark's log of a query: the batches it planned, and those that it finished."""
    for name in ("offsets", "commits"):
        (folder / name).mkdir(parents=True)
    for batch, end in ends.items():
        text = f'v1\n{{"batchWatermarkMs":0}}\n{{"{EVENTS}":{{"1":0,"0":{end}}}}}'
        (folder / "offsets" / str(batch)).write_text(text)
    for batch in range(committed + 1):
        (folder / "commits" / str(batch)).write_text("v1\n{}")
        (folder / "commits" / f".{batch}.crc").touch()


def test_the_metrics_query_has_counted_up_to_its_last_finished_batch(tmp_path: Path) -> None:
    log_of_spark(tmp_path / "metrics-query-a", committed=10, ends={9: 90, 10: 100, 11: 110})
    assert counted_offsets(tmp_path) == {(EVENTS, 0): 100, (EVENTS, 1): 0}


def test_the_newest_start_of_the_query_counts(tmp_path: Path) -> None:
    log_of_spark(tmp_path / "metrics-query-b", committed=0, ends={0: 5})
    log_of_spark(tmp_path / "metrics-query-a", committed=0, ends={0: 8})
    os.utime(tmp_path / "metrics-query-b", (1, 1))
    assert counted_offsets(tmp_path) == {(EVENTS, 0): 8, (EVENTS, 1): 0}


def test_before_the_first_batch_nothing_is_known(tmp_path: Path) -> None:
    assert counted_offsets(tmp_path) is None
    log_of_spark(tmp_path / "metrics-query-a", committed=-1, ends={0: 5})
    assert counted_offsets(tmp_path) is None
