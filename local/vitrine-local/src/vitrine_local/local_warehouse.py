"""The warehouse of the local platform, and its audit."""

from service_runtime.errors import PermanentError, TransientError
from vitrine_local import folder_lock, postgres
from vitrine_local.commands import command
from vitrine_local.failure import NotAuditedError
from vitrine_local.layout import Layout
from vitrine_local.settings import HOST, Settings
from warehouse.audit import AuditReport, audit
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings


def local_warehouse(settings: Settings, layout: Layout, *, application: str) -> Warehouse:
    """A connection to the warehouse of a state folder. OSError if it was never started."""
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


def audit_local_warehouse(settings: Settings) -> AuditReport:
    """Audit the warehouse of the state folder. NotAuditedError if nothing runs or answers."""
    layout = Layout.of(settings)
    if folder_lock.holder(layout) is None:
        starts = f"`{command('demo')}` or, in the background, `{command('up')}`"
        raise NotAuditedError(f"nothing runs in {layout.root}: start it with {starts}")
    settings = folder_lock.settings_of_holder(layout, settings)
    warehouse = local_warehouse(settings, layout, application="vitrine-audit")
    try:
        return audit(warehouse)
    except (TransientError, PermanentError) as error:
        raise NotAuditedError(str(error)) from error
    finally:
        warehouse.close()
