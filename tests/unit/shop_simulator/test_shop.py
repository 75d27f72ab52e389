"""One seed, one shop, one sequence; and a shop that looks like one."""

import random
from collections import Counter
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.unlimited_stock import in_stock

from event_contracts.evento import TipoEvento
from shop_simulator.catalogue import build_catalogue, slug
from shop_simulator.customers import SEGMENTS, build_customers, profile_fields
from shop_simulator.shop_factory import build_shop
from shop_simulator.visits import Action, Ids, Weighted

SHOP = build_shop(7, customers=300)


def actions(seed: int, run: str, count: int) -> list[Action]:
    return list(islice(SHOP.actions(random.Random(seed), Ids(seed, run), in_stock), count))


def test_the_same_seed_makes_the_same_shop() -> None:
    again = build_shop(7, customers=300)
    assert (again.products, again.customers) == (SHOP.products, SHOP.customers)
    assert build_shop(8, customers=300).products != SHOP.products


def test_a_larger_shop_has_the_same_first_customers() -> None:
    fewer, more = (build_customers(random.Random(1), count=n) for n in (10, 50))
    assert more[:10] == fewer


def test_the_catalogue() -> None:
    ids = [product.id_produto for product in SHOP.products]
    assert len(set(ids)) == len(ids) == 64
    assert ids[0].startswith("p001-")
    assert all(i.isascii() and i == i.lower() and " " not in i for i in ids)
    assert all(p.price > 0 and p.price == round(p.price, 2) for p in SHOP.products)
    assert len({product.category for product in SHOP.products}) == 8


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Caneca esmaltada", "caneca-esmaltada"),
        ("Tábua de bambu", "tabua-de-bambu"),
        ("Quebra-cabeça de madeira", "quebra-cabeca-de-madeira"),
    ],
)
def test_slug(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_popularity_is_skewed() -> None:
    clicks = Counter(a.id_produto for a in actions(1, "a", 20_000) if a.tipo_evento == "clique")
    ranked = [product.id_produto for product in build_catalogue(random.Random("7/catalogue"))]
    assert clicks.most_common(1)[0][0] == ranked[0]
    assert clicks[ranked[0]] > 5 * clicks[ranked[40]] > 0


def test_profiles_are_absolute_and_name_no_one() -> None:
    fields = profile_fields(SHOP.customers[0])
    assert set(fields) == {"regiao", "estado", "segmento"}
    assert fields["segmento"] in {segment.name for segment in SEGMENTS}


def test_the_same_seed_and_run_make_the_same_events() -> None:
    assert actions(3, "a", 500) == actions(3, "a", 500)


def test_another_run_of_a_seed_does_the_same_under_other_ids() -> None:
    first, second = actions(3, "a", 500), actions(3, "b", 500)
    assert [(a.id_usuario, a.id_produto, a.tipo_evento, a.quantidade) for a in first] == [
        (a.id_usuario, a.id_produto, a.tipo_evento, a.quantidade) for a in second
    ]
    assert not {a.id_evento for a in first} & {a.id_evento for a in second}
    orders = {a.id_pedido for a in first if a.id_pedido}
    assert orders
    assert not orders & {a.id_pedido for a in second}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_customers_click_before_they_add_and_add_before_they_buy(seed: int) -> None:
    seen: dict[tuple[str, str], set[TipoEvento]] = {}
    owners: dict[str, str] = {}
    lines: set[tuple[str, str]] = set()
    for action in actions(seed, "x", 2000):
        before = seen.setdefault((action.id_sessao, action.id_produto), set())
        if action.tipo_evento is TipoEvento.ADICAO_CARRINHO:
            assert TipoEvento.CLIQUE in before
        if action.tipo_evento is TipoEvento.COMPRA:
            assert TipoEvento.ADICAO_CARRINHO in before
            assert action.id_pedido is not None
            assert action.quantidade is not None
            assert owners.setdefault(action.id_pedido, action.id_usuario) == action.id_usuario
            assert (action.id_pedido, action.id_produto) not in lines
            lines.add((action.id_pedido, action.id_produto))
        else:
            assert (action.id_pedido, action.quantidade, action.preco) == (None, None, None)
        before.add(action.tipo_evento)


def test_events_have_ids_of_their_own() -> None:
    ids = [action.id_evento for action in actions(5, "x", 5000)]
    assert len(set(ids)) == 5000


def test_some_orders_have_several_lines() -> None:
    lines = Counter(a.id_pedido for a in actions(5, "x", 5000) if a.id_pedido)
    assert max(lines.values()) > 1 == min(lines.values())


@given(st.lists(st.floats(0.001, 10), min_size=1, max_size=20), st.integers())
def test_a_draw_is_one_of_the_indices(weights: list[float], seed: int) -> None:
    assert 0 <= Weighted(weights).draw(random.Random(seed)) < len(weights)
