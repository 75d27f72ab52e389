"""Where the warehouse query begins."""

from stream_processor.warehouse_query import starting_offsets


def test_it_goes_on_after_what_the_ledger_has_and_begins_with_the_first_record_elsewhere() -> None:
    earliest = {"eventos": {0: 3, 1: 8, 2: 0}, "estoque": {0: 5}}
    done = {("eventos", 0): 10, ("eventos", 2): 0, ("outro", 0): 7}
    assert starting_offsets(earliest, done) == {"eventos": {0: 10, 1: 8, 2: 0}, "estoque": {0: 5}}
