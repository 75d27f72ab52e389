"""The warehouse of the platform that runs here, and its audit."""

from service_runtime.errors import PermanentError, TransientError
from vitrine_local import claim, postgres
from vitrine_local.commands import command
from vitrine_local.failure import LocalError
from vitrine_local.layout import Layout
from vitrine_local.settings import HOST, Settings
from warehouse.audit import AuditReport, audit
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings


def local_warehouse(settings: Settings, layout: Layout, *, application: str) -> Warehouse:
    """A connection to the warehouse of a state folder. OSError where it was never started."""
    return Warehouse(
        WarehouseSettings(
            warehouse_host=HOST,
            warehouse_port=settings.redshift_port,
            warehouse_database=postgres.DATABASE,
            warehouse_user=postgres.USER,
            warehouse_password=(layout.secrets / "warehouse_password").read_text("utf-8"),
            warehouse_ssl=False,
        ),
        application=application,
    )


def audit_running(settings: Settings) -> AuditReport:
    """Audit the warehouse of this state folder. Raises LocalError where nothing runs or answers."""
    layout = Layout.of(settings)
    if claim.holder(layout) is None:
        starts = f"`{command('demo')}` or, in the background, `{command('up')}`"
        raise LocalError(f"nothing runs in {layout.root}: start it with {starts}")
    settings = claim.told(layout, settings)
    warehouse = local_warehouse(settings, layout, application="vitrine-audit")
    try:
        return audit(warehouse)
    except (TransientError, PermanentError) as error:
        raise LocalError(str(error)) from error
    finally:
        warehouse.close()
