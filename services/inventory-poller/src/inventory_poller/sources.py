"""The entries of `STOCK_APIS` and `STOCK_CREDENTIALS`, and what is wrong with them together."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from pydantic import Discriminator, Tag, ValidationError

from inventory_poller.adapters.bling import BlingSource
from inventory_poller.adapters.contract import Credentials, Source
from inventory_poller.adapters.generic import GenericSource
from inventory_poller.adapters.nuvemshop import NuvemshopSource
from inventory_poller.adapters.shopify import ShopifySource
from inventory_poller.adapters.vitrine import VitrineSource
from inventory_poller.adapters.vtex import VtexSource
from inventory_poller.adapters.woocommerce import WooCommerceSource

_DEFAULT: Final = "vitrine"


def _api(entry: Any) -> str:
    """The adapter that an entry names."""
    found = entry.get("api", _DEFAULT) if isinstance(entry, dict) else getattr(entry, "api", "")
    return str(found)


StockApi: TypeAlias = Annotated[
    Annotated[VitrineSource, Tag("vitrine")]
    | Annotated[GenericSource, Tag("generic")]
    | Annotated[WooCommerceSource, Tag("woocommerce")]
    | Annotated[NuvemshopSource, Tag("nuvemshop")]
    | Annotated[ShopifySource, Tag("shopify")]
    | Annotated[VtexSource, Tag("vtex")]
    | Annotated[BlingSource, Tag("bling")],
    Discriminator(_api),
]


def source_problems(sources: Iterable[Source]) -> list[str]:
    """What several sources get wrong together: an `id_armazem` that two of them may write to."""
    names = [(source, {source.id, *source.locations().values()}) for source in sources]
    counts = Counter(name for _, own in names for name in own)
    twice = [f"STOCK_APIS: two sources write to {name!r}" for name, n in counts.items() if n > 1]
    return twice + [
        f"STOCK_APIS: {source.id!r} may write to {name!r} too, since its locations have no names"
        for source, _ in names
        if source.has_dynamic_locations()
        for other, own in names
        if other is not source
        for name in sorted(own)
        if name.startswith(f"{source.id}.")
    ]


def credential_problems(sources: Iterable[Source], text: str) -> list[str]:
    """Everything that is wrong with the JSON of `STOCK_CREDENTIALS`; nothing of it is quoted but
    names of sources and fields."""
    try:
        entries = _entries(text)
    except msgspec.MsgspecError:
        return ["STOCK_CREDENTIALS: expected a JSON object of objects, by the ids of sources"]
    by_id = {source.id: source for source in sources}
    unknown = [f"STOCK_CREDENTIALS: no source is named {name!r}" for name in entries.keys() - by_id]
    return unknown + [p for s in by_id.values() for p in _problems_of(s, entries.get(s.id, {}))]


def _problems_of(source: Source, entry: Mapping[str, Any]) -> list[str]:
    try:
        found = source.credentials.model_validate(entry)
    except ValidationError as error:
        fields = [".".join(map(str, each["loc"])) + ": " + each["msg"] for each in error.errors()]
    else:
        is_lacking = source.webhooks and found.signing_secret() is None
        fields = ["webhook_secret: expected, since webhooks is set"] if is_lacking else []
    return [f"STOCK_CREDENTIALS: {source.id}: {field}" for field in fields]


def credentials_of(source: Source, text: str) -> Credentials:
    """The credentials of one source. The text has no problems."""
    return source.credentials.model_validate(_entries(text).get(source.id, {}))


def _entries(text: str) -> dict[str, dict[str, Any]]:
    return msgspec.json.decode(text, type=dict[str, dict[str, Any]])
