"""# etl_diario: the files of a day, into the warehouse

One run per day of the shop, after its midnight.

1. `wait_for_files`: lists `vendas/data=<day>/` on S3 until a file is there. Each try is one
   listing, and tries go on for most of a day.
2. `etl`: loads what is new or changed of the day and of the seven days before it
   (`VITRINE_DAYS_BACK`), so that files that came late or were corrected count too.
3. `quality`: the checks of `/qualidade`, of the days that `etl` looked at. One that blocks ends the
   run here.
4. `reconcile`: the same days as the live page, the stream and the files have them, at
   `/conciliacao/<day>`. The live figures are those of the minutes that
   `atualizacao_streaming_horaria` has closed by then: where the files come soon after midnight,
   the last one or two hours of the day are not among them, and the day tells so until the next
   run reconciles it again.
5. `quality_after_reconcile`: the same checks of the same days again, since only now is there a
   reconciliation of the day to check. Its results are then the newest at `/qualidade`.

`etl` changes the asset `vitrine://armazem/vendas`, which starts `qualidade_dados`.

## When it fails

Every task may be cleared and run again, alone or together, at any time: nothing is loaded twice.

- `wait_for_files`, tried again and again: the shop's export did not arrive yet. Where it never
  will, put the file in place, then clear the task. For a day without sales a file with a header
  alone is enough.
- `etl`: where a file cannot be read, the log names it. Put a corrected file in its place and clear
  the task, or trigger the DAG with `ignorar_arquivos_ruins`, which sets such files aside and says
  so. A lost connection to the warehouse or to S3 mends itself with the next try.
- `quality`, `quality_after_reconcile`: the log and `/qualidade` name the check, its figure and its
  threshold. Exit code 1 is a verdict on the data; 3 says that there was none, since the warehouse
  stayed away or refused a query. If only the second task ends with 1, look at the checks of
  `conciliacao_diaria` first.
- `reconcile`: only the warehouse can keep it from its work; clear it when that is back.
- A task that stays queued: the pool `vitrine_armazem` does not exist, or another DAG holds it.
"""

from datetime import timedelta

from airflow.sdk import DAG

from vitrine_dags.rules import (
    DAY,
    DAYS_LOOKED_AT,
    FIRST_DAY,
    SKIP_BAD_FILES,
    SKIP_BAD_FILES_PARAM,
    VENDAS,
    dag_options,
    every,
)
from vitrine_dags.tasks import batch_etl, batch_etl_pod, platform_job, wait_for_files

with DAG(
    "etl_diario",
    schedule=every("0 0 * * *"),
    params=SKIP_BAD_FILES_PARAM,
    **dag_options("The files of a day", __doc__),
):
    days = ("--de", FIRST_DAY, "--ate", DAY)
    wait = wait_for_files(DAY)
    etl = batch_etl(
        "etl",
        *(*days, SKIP_BAD_FILES),
        timeout=timedelta(hours=2),
        outlets=[VENDAS],
    )
    quality = platform_job("quality", *days, timeout=timedelta(minutes=30))
    reconcile = batch_etl_pod(
        "reconciliar",
        *("--data", DAY, "--dias", DAYS_LOOKED_AT),
        timeout=timedelta(hours=1),
        task_id="reconcile",
    )
    quality_after_reconcile = platform_job(
        "quality", *days, timeout=timedelta(minutes=30), task_id="quality_after_reconcile"
    )
    wait >> etl >> quality >> reconcile >> quality_after_reconcile
