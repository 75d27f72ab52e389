"""The executors of a session, by Spark's own scheduler."""

from collections.abc import Iterable
from typing import Any, Final

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from service_runtime.errors import TransientError
from spark_runtime.executor_scaling import ExecutorState

INSTANCES: Final = "spark.executor.instances"
"""How many Spark asks for when it starts."""
_INSTANCES_BY_DEFAULT: Final = "2"
"""On Kubernetes."""
_WHY: Final = "fewer executors are wanted"


class SparkExecutors:
    """Needs a master that has executors, and `spark.decommission.enabled`. Raises TransientError
    where Spark refuses."""

    def __init__(self, session: SparkSession) -> None:
        context: Any = session.sparkContext
        self._jvm, self._spark = context._jvm, context._jsc.sc()
        self._requested = int(context.getConf().get(INSTANCES, _INSTANCES_BY_DEFAULT))

    def look(self) -> ExecutorState:
        """Read which executors are registered now."""
        try:
            backend = self._spark.schedulerBackend()
            java = self._jvm.scala.jdk.javaapi.CollectionConverters
            registered = dict(java.asJava(backend.getExecutorsWithRegistrationTs()))
            leaving = {name for name in registered if not backend.isExecutorActive(name)}
        except Py4JError as error:
            raise _refused(error) from error
        return ExecutorState(
            requested=self._requested, registered=registered, leaving=frozenset(leaving)
        )

    def request(self, count: int) -> None:
        """Ask the cluster for so many in all; it starts what is missing, and ends nothing."""
        try:
            nowhere = self._jvm.PythonUtils.toScalaMap({})
            is_asked = self._spark.requestTotalExecutors(count, 0, nowhere)
        except Py4JError as error:
            raise _refused(error) from error
        if not is_asked:
            raise TransientError(
                f"spark: the cluster does not take a request for {count} executors"
            )
        self._requested = count

    def decommission(self, names: Iterable[str]) -> None:
        """Let these take no further task, and end after those that they run."""
        try:
            anywhere = self._jvm.scala.Option.apply(None)
            why = self._jvm.org.apache.spark.scheduler.ExecutorDecommissionInfo(_WHY, anywhere)
            for name in names:
                self._spark.schedulerBackend().decommissionExecutor(name, why, False, False)
        except Py4JError as error:
            raise _refused(error) from error


def _refused(error: Py4JError) -> TransientError:
    return TransientError(f"spark: {str(error).splitlines()[0]}")
