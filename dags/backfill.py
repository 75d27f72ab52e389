"""# backfill: the files of any days

Started by hand, with `de` and `ate`, both included. batch-etl loads the range in pieces, prints its
progress after each, and skips the files that are loaded already; so a run that was stopped goes on where
it stopped.

## When it fails

Clear the task: what was loaded stays, and is not read again. The log names the file that cannot be read.
Put a corrected file in its place. A range whose `de` is after its `ate` is refused at once, with exit
code 2; trigger the DAG again with the right days.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param

from vitrine_dags.rules import VENDAS, dag_options
from vitrine_dags.tasks import batch_etl

PARAMS = {
    "de": Param(type="string", format="date", title="First day"),
    "ate": Param(type="string", format="date", title="Last day"),
}

with DAG("backfill", schedule=None, params=PARAMS, **dag_options("The files of any days", __doc__)):
    batch_etl(
        "backfill",
        *("--de", "{{ params.de }}", "--ate", "{{ params.ate }}"),
        timeout=timedelta(hours=12),
        outlets=[VENDAS],
    )
