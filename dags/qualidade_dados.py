"""# qualidade_dados: the checks of the data

After every load of files (the asset `vitrine://armazem/vendas`), and once a day in any case, so
that a day without files is noticed too.

`quality` runs the checks that are declared beside the tables, and stores figure, threshold and
verdict of each; `/qualidade` shows them. It changes nothing else.

It checks yesterday, and whole those tables that have no days, such as the list of loaded files. The
days that a load looked at are checked by the DAG that loads them: `etl_diario` or `backfill`.

## When it fails

- Exit code 1: a check that blocks is broken. The log and `/qualidade` name it. Mend the data (a
  corrected file, then `etl_diario` or `backfill`), then clear the task.
- Exit code 3: there was no verdict, since the warehouse stayed away or refused a query. Clear the
  task when it is back.
"""

from datetime import timedelta

from airflow.sdk import DAG, AssetOrTimeSchedule

from vitrine_dags.rules import VENDAS, dag_options, every
from vitrine_dags.tasks import platform_job

with DAG(
    "qualidade_dados",
    schedule=AssetOrTimeSchedule(timetable=every("0 6 * * *"), assets=[VENDAS]),
    **dag_options("The checks of the data", __doc__),
):
    platform_job("quality", timeout=timedelta(minutes=30))
