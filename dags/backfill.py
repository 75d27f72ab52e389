"""# backfill: the files of any days

Started by hand, with `de` and `ate`, both included. batch-etl loads the range in pieces of
`dias_por_parte` days, prints its progress after each, and skips the files that are loaded already.
So a run that was stopped goes on where it stopped.

`quality` then runs the checks of `/qualidade` of the same days. It is the last task, so a check
that blocks stops nothing here: it fails the run, which is when Airflow alerts.

## When it fails

- `backfill`: clear the task. What was loaded stays, and is not read again. Where a file cannot be
  read, the log names it: put a corrected file in its place, or trigger the DAG with
  `ignorar_arquivos_ruins`, which sets such files aside and reports them. A range whose `de` is
  after its `ate` is refused: trigger the DAG again with the right days.
- `quality`: the log and `/qualidade` name the check, its figure and its threshold. Exit code 1 is a
  verdict on the data: put corrected files in place and trigger the DAG again. 3 says that there was
  none, since the warehouse stayed away or refused a query: clear the task.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param

from vitrine_dags.rules import SKIP_BAD_FILES, SKIP_BAD_FILES_PARAM, VENDAS, dag_options
from vitrine_dags.tasks import batch_etl, platform_job

PARAMS = {
    "de": Param(type="string", format="date", title="First day"),
    "ate": Param(type="string", format="date", title="Last day"),
    "dias_por_parte": Param(30, type="integer", minimum=1, title="Days of one piece"),
    **SKIP_BAD_FILES_PARAM,
}

DAYS = ("--de", "{{ params.de }}", "--ate", "{{ params.ate }}")

with DAG("backfill", schedule=None, params=PARAMS, **dag_options("The files of any days", __doc__)):
    backfill = batch_etl(
        "backfill",
        *DAYS,
        *("--dias", "{{ params.dias_por_parte }}", SKIP_BAD_FILES),
        timeout=timedelta(hours=12),
        outlets=[VENDAS],
    )
    backfill >> platform_job("quality", *DAYS, timeout=timedelta(hours=2))
