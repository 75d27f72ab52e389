"""batch-etl on real stores: files become sales, to the cent, whatever happens on the way."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import pytest
from tests.support.batch_etl import BatchEtl, batch_etl
from tests.support.redshift import CREDENTIALS, LocalRedshift
from tests.support.sales_frame import File, daily_and_monthly

from shop_simulator.export_record import ExportedDay, decode_days
from shop_simulator.exporter import Exporter
from shop_simulator.settings import Settings
from shop_simulator.shop_factory import build_shop
from warehouse.tables import DAILY_FIGURES, RECEITA_MENSAL

SHOP = build_shop(7, customers=200)
TODAY = date(2026, 11, 29)
DAYS = 30
FIRST, LAST = "2026-10-30", "2026-11-28"
INTERVAL = ("--de", FIRST, "--ate", LAST)
BUCKET = "exports"

Record = dict[date, ExportedDay]


@pytest.fixture(scope="module")
def record(redshift: LocalRedshift, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A month of exports in the bucket, in all formats and with dirty rows, and what is in them."""
    path = tmp_path_factory.mktemp("exports") / "exports.jsonl"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        url = f"s3://{BUCKET}"
        redshift.s3.create_bucket(Bucket=BUCKET)
        settings = Settings(
            export_url=url,
            s3_endpoint_url=redshift.s3_url,
            export_record_path=path,
            history_days=DAYS,
            events_per_second=5,
        )
        exporter = Exporter(SHOP, settings, sales=None, url=url, stop=Event())
        exporter.write_catalogue()
        exporter.write_history(TODAY)
    return decode_days(path.read_bytes().splitlines(keepends=True))


@pytest.fixture
def etl(redshift: LocalRedshift, tmp_path: Path) -> Iterator[BatchEtl]:
    with batch_etl(redshift, tmp_path, bucket=BUCKET) as program:
        yield program


@pytest.fixture(scope="module")
def loaded(
    redshift: LocalRedshift, record: Record, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BatchEtl]:
    """A warehouse that loaded the month in one undisturbed run."""
    assert record
    with batch_etl(redshift, tmp_path_factory.mktemp("loaded"), bucket=BUCKET) as program:
        program.load(*INTERVAL)
        yield program


def test_each_day_equals_the_shops_own_record(loaded: BatchEtl, record: Record) -> None:
    found = loaded.rows("SELECT dia, pedidos, unidades, receita FROM receita_diaria ORDER BY dia")
    expected = [[e.dia, e.pedidos, e.unidades, e.receita] for _, e in sorted(record.items())]
    assert found == expected
    assert loaded.rows("SELECT COUNT(*) FROM vendas") == [[sum(e.linhas for e in record.values())]]
    by_cell = loaded.rows("SELECT dia, SUM(receita) FROM vendas_diarias GROUP BY dia ORDER BY dia")
    assert by_cell == [[dia, receita] for dia, _, _, receita in expected]
    months = loaded.rows("SELECT SUM(receita) FROM receita_mensal")
    assert months == [[sum((e.receita for e in record.values()), Decimal(0))]]


def test_all_figures_equal_those_of_plain_dataframes(
    loaded: BatchEtl, redshift: LocalRedshift
) -> None:
    expected = daily_and_monthly(_files(redshift, "vendas/"), _files(redshift, "produtos/"))
    for table in (*DAILY_FIGURES, RECEITA_MENSAL):
        found = loaded.rows(f"SELECT {table.column_list} FROM {table.name}")
        assert {tuple(row) for row in found} == expected[table.name]


def _files(redshift: LocalRedshift, prefix: str) -> list[File]:
    """Those below a prefix of the bucket, the first that was modified first."""
    listed = redshift.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    keys = [each["Key"] for each in sorted(listed, key=lambda o: (o["LastModified"], o["Key"]))]
    read = (redshift.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys)
    return [File(key, content) for key, content in zip(keys, read, strict=True)]


def test_each_file_is_accounted_for(loaded: BatchEtl, record: Record) -> None:
    found = loaded.rows("SELECT arquivo, n_lidas, n_rejeitadas FROM cargas WHERE tipo = 'vendas'")
    files = [file for entry in record.values() for file in entry.arquivos]
    assert sorted(found) == sorted(
        [file.arquivo, file.linhas, sum(file.sujas.values())] for file in files
    )


def test_names_keep_their_accents(loaded: BatchEtl) -> None:
    found = dict(loaded.rows("SELECT id_produto, nome FROM produtos"))
    assert found == {product.id_produto: product.name for product in SHOP.products}
    assert "Óleo de argan" in found.values()


def test_again_nothing_changes_and_no_java_is_started(loaded: BatchEtl) -> None:
    before = loaded.checksums()
    loaded.without_java().load(*INTERVAL)
    assert loaded.checksums() == before


def test_the_last_days_are_reconciled_without_java(loaded: BatchEtl, record: Record) -> None:
    last = max(entry.dia for entry in record.values())
    reconciled = loaded.without_java().run("reconciliar", "--data", f"{last}", "--dias", "3")
    assert reconciled.returncode == 0, reconciled.stderr
    expected = sorted((e.dia, e.receita) for e in record.values())[-3:]
    found = loaded.rows(
        "SELECT dia, arquivo FROM conciliacao_diaria WHERE figura = 'receita' ORDER BY dia"
    )
    assert found == [list(each) for each in expected]
    assert loaded.run("reconciliar", "--dias", "0").returncode == 2


def test_without_java_new_files_cannot_be_read(etl: BatchEtl) -> None:
    refused = etl.without_java().run("etl", *INTERVAL)
    assert refused.returncode == 1
    assert "JAVA_GATEWAY_EXITED" in refused.stderr
    assert etl.rows("SELECT COUNT(*) FROM cargas") == [[0]]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "points",
    [
        pytest.param(
            ("etl_half_staged", "carga_after_merge", "figuras_before_commit"), id="one of each"
        ),
        pytest.param(
            (
                "etl_after_staging",
                "produtos_after_merge",
                "produtos_before_commit",
                "etl_between_pieces",
                "carga_after_copy",
                "carga_after_record",
                "carga_before_commit",
                "carga_after_commit",
                "etl_before_days",
                "figuras_after_commit",
            ),
            id="all others",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_killed_at_each_step_and_run_again_it_is_as_if_nothing_had_happened(
    etl: BatchEtl, loaded: BatchEtl, points: tuple[str, ...]
) -> None:
    for point in points:
        etl.kill_at(point, "etl", *INTERVAL)
    etl.load(*INTERVAL)
    assert etl.checksums() == loaded.checksums()


def test_two_runs_at_once_load_everything_once(etl: BatchEtl, loaded: BatchEtl) -> None:
    drivers = [etl.start("etl", *INTERVAL) for _ in range(2)]
    assert [driver.wait() for driver in drivers] == [0, 0], (etl.folder / "log").read_text("utf-8")
    assert etl.checksums() == loaded.checksums()


def test_the_month_in_pieces_equals_one_load(etl: BatchEtl, loaded: BatchEtl) -> None:
    done = etl.run("backfill", "--de", FIRST, "--ate", LAST, "--dias", "7")
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"message": "piece done", "piece": 5, "of": 5' in done.stdout
    assert '"message": "figures computed by tasks"' in done.stdout
    assert etl.checksums() == loaded.checksums()


def test_its_days_in_any_order_equal_one_load(etl: BatchEtl, loaded: BatchEtl) -> None:
    done = etl.run("7", FIRST, LAST, module="tests.support.days_in_any_order")
    assert done.returncode == 0, done.stdout + done.stderr
    assert etl.checksums() == loaded.checksums()


def test_who_waits_for_files_is_told_whether_there_are_any(loaded: BatchEtl) -> None:
    assert loaded.run("aguardar", "--de", LAST, "--ate", LAST).returncode == 0
    assert loaded.run("aguardar", "--de", "2026-11-29", "--ate", "2026-11-30").returncode == 4


def test_a_bad_file_is_named_and_loads_nothing_unless_it_is_to_be_set_aside(
    redshift: LocalRedshift, tmp_path: Path
) -> None:
    redshift.s3.create_bucket(Bucket="ruins")
    good = "id_pedido,id_produto,quantidade,preco,data\no1,p1,2,3.50,2026-11-01\n"
    bad = "vendas/data=2026-11-01/b.csv"
    redshift.s3.put_object(Bucket="ruins", Key="vendas/data=2026-11-01/a.csv", Body=good.encode())
    redshift.s3.put_object(Bucket="ruins", Key=bad, Body=b"id_pedido,valor\no2,3.00\n")
    day = ("etl", "--de", "2026-11-01", "--ate", "2026-11-01")
    with batch_etl(redshift, tmp_path, bucket="ruins") as program:
        refused = program.run(*day)
        assert refused.returncode == 1
        assert f"nothing was loaded, since 1 cannot be read: {bad}: lacks" in refused.stdout
        assert program.rows("SELECT COUNT(*) FROM cargas") == [[0]]
        assert program.run(*day, "--ignorar-arquivos-ruins").returncode == 0
        assert program.rows("SELECT arquivo FROM cargas WHERE situacao = 'ignorada'") == [[bad]]
        assert program.rows("SELECT id_pedido, preco FROM vendas") == [["o1", Decimal("3.50")]]


def test_an_import_loads_its_own_file_and_none_that_cannot_be_read(
    redshift: LocalRedshift, tmp_path: Path
) -> None:
    redshift.s3.create_bucket(Bucket="importa")
    today = datetime.now(ZoneInfo("America/Sao_Paulo")).date()
    bad = f"vendas/data={today}/b.csv"
    redshift.s3.put_object(Bucket="importa", Key=bad, Body=b"id_pedido,valor\no2,3.00\n")
    good, wrong = tmp_path / "pedidos.csv", tmp_path / "outros.csv"
    good.write_text("id_pedido,id_produto,quantidade,preco,data\no1,p1,2,3.50,2026-11-01\n")
    wrong.write_text("pedido,valor\no3,1.00\n")
    with batch_etl(redshift, tmp_path, bucket="importa") as program:
        refused = program.run("importar", str(wrong))
        assert refused.returncode == 1
        assert "outros.csv: " in refused.stderr
        done = program.run("importar", str(good))
        assert done.returncode == 0, done.stdout + done.stderr
        assert program.rows("SELECT id_pedido, quantidade FROM vendas") == [["o1", 2]]
        (load,) = program.rows("SELECT arquivo, situacao FROM cargas")
        listed = redshift.s3.list_objects_v2(Bucket="importa")["Contents"]
        assert {each["Key"] for each in listed} >= {bad, load[0]}
        assert not any("outros" in each["Key"] for each in listed)
