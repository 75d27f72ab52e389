from vitrine_local.status import PartStatus, table

MEBIBYTE = 1024 * 1024


def test_the_table_sums_cpu_and_memory_and_tells_the_lag() -> None:
    stream = PartStatus(
        "stream-processor", "ready", 71, 2, 0.58, 500 * MEBIBYTE, "warehouse 3, metrics 0", "h:1"
    )
    kafka = PartStatus("kafka", "restarting", 7, 0, 0.0, 0, "", "h:2, h:3")
    assert table([kafka, stream]).splitlines() == [
        "part              state          pid restarts    CPU    memory  address",
        "kafka             restarting       7        0    0 %     0 MiB  h:2, h:3",
        "stream-processor  ready           71        2   58 %   500 MiB  h:1  "
        "lag: warehouse 3, metrics 0",
        "all                                             58 %   500 MiB",
    ]
