"""# atualizacao_streaming_horaria: is the stream current, and what did the past hours say?

Once an hour.

1. `stream_check`: what Kafka had five minutes ago must be in the ledger, for every topic and
   partition. A shop without events is current.
2. `fold`: folds the ledger's rows of past days into one per topic, partition and day. The stream
   does so too, but not while it stands still.
3. `close_minutes`: copies the live figures of each minute that no late event corrects any more
   to `metricas_minuto`, with which `reconcile` in `etl_diario` compares the day. While the
   stream stands still it closes nothing, and a later run closes those minutes too.

None needs another: the ledger is folded also when the stream is behind.

The figures of days and months are computed at the end of `etl` in `etl_diario`, and of `backfill`.

## When it fails

All may be cleared and run again at any time.

- `stream_check`, exit code 1: the log names the partitions, and the offsets that the ledger has and
  should have. Look at `/pipeline/conciliacao` and at the log of the stream's driver
  (`kubectl --namespace vitrine logs deploy/vitrine-stream-processor-driver`). A backlog after an
  outage passes by itself, and the next try tells.
- Exit code 3: nothing is known, since Kafka or the warehouse stayed away or refused a request.
- `fold`: the warehouse stayed away or refused a statement; the ledger is as it was.
- `close_minutes`: MongoDB or the warehouse stayed away, or refused something. The stream keeps
  the minutes for twelve hours: what no run closes within eleven stays unknown, and the
  reconciliation of the day tells how many minutes it has.
"""

from datetime import timedelta

from airflow.sdk import DAG

from vitrine_dags.rules import dag_options, every
from vitrine_dags.tasks import platform_job

with DAG(
    "atualizacao_streaming_horaria",
    schedule=every("0 * * * *"),
    **dag_options("Is the stream current, and what did the past hours say?", __doc__),
):
    platform_job("stream-check", timeout=timedelta(minutes=15))
    platform_job("fold", timeout=timedelta(minutes=30))
    platform_job("close-minutes", timeout=timedelta(minutes=15))
