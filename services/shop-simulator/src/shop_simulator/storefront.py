"""The shop's page, on which anybody can click and buy, and the health of the simulator."""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from html import escape
from string import Template
from typing import Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from service_runtime.health import Check
from service_runtime.http_edge import health_routes
from service_runtime.security_headers import SecurityHeaders
from service_runtime.static_files import StaticFile, load_static_files, prepare_file
from shop_simulator.catalogue import Product
from shop_simulator.customers import Customer
from shop_simulator.visits import Shop

_NAMES: Final = ("Ana", "Bruno", "Carla", "Diego", "Elisa", "Fábio", "Glória", "Heitor")
_PAGE: Final = "index.html"
_PRODUCT: Final = Template(
    '<li data-id="$id" data-nome="$name" data-categoria="$category" data-preco="$price">'
    '<button class="ver" type="button" aria-haspopup="dialog">'
    '<span class="figura" aria-hidden="true">$initial</span>'
    '<span class="nome">$name</span> <span class="preco">$told</span></button>'
    '<button class="adicionar" type="button" aria-label="Adicionar ao carrinho: $name">'
    "Adicionar ao carrinho</button></li>"
)
_Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(
    shop: Shop,
    further: Sequence[Route] = (),
    *,
    producer: str,
    page: str,
    alive: Check,
    ready: Check,
) -> ASGIApp:
    """The page and the `further` routes. `producer` and `page` are where a browser finds
    event-producer and the live page."""
    files = load_static_files("shop_simulator", lambda _path: "no-cache")
    template = Template(files.pop(_PAGE).plain.body.decode())
    html = _render(template, shop, producer=producer, page=page)
    paths = {f"/static/{name}": file for name, file in files.items()}
    paths["/"] = prepare_file(_PAGE, html.encode(), "no-cache")
    routes = [Route(path, _serve(file)) for path, file in paths.items()]
    parts = urlsplit(producer)
    origin = f"{parts.scheme}://{parts.netloc}"
    return SecurityHeaders(
        Starlette(routes=[*routes, *further, *health_routes(alive=alive, ready=ready)]),
        sources={"script-src": f"'self' {origin}", "connect-src": origin},
        # Without it a beacon would name no origin, and event-producer refuse it.
        referrer_policy="strict-origin-when-cross-origin",
    )


def brl(price: Decimal) -> str:
    """As it is written in Brazil: `R$ 1.234,50`, with a space at which no line breaks."""
    return "R$\u00a0" + f"{price:,.2f}".translate(str.maketrans(",.", ".,"))


def _render(template: Template, shop: Shop, *, producer: str, page: str) -> str:
    return template.substitute(
        tracker=escape(f"{producer.rstrip('/')}/vitrine.js"),
        page=escape(page),
        customers=_customers(shop.customers),
        products="\n".join(map(_product, shop.products)),
    )


def _product(product: Product) -> str:
    return _PRODUCT.substitute(
        id=escape(product.id_produto),
        name=escape(product.name),
        category=escape(product.category),
        price=f"{product.price:.2f}",
        told=brl(product.price),
        initial=escape(product.name[0]),
    )


def _customers(customers: Sequence[Customer]) -> str:
    """The HTML options of the customers for whom there is a name."""
    return "".join(
        f'<option value="{escape(customer.id_usuario)}">{name} ({customer.state})</option>'
        for name, customer in zip(_NAMES, customers, strict=False)
    )


def _serve(file: StaticFile) -> _Endpoint:
    async def answer(request: Request) -> Response:
        return file.respond(request)

    return answer
