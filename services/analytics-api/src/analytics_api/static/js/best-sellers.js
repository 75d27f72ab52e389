// Os mais vendidos de cada categoria.

import { bar, setBar } from "./bars.js";
import { formatInteger, formatMoney } from "./format.js";
import { nameOf, productButton, showRows, span } from "./rows.js";

const MOST_CATEGORIES = 9;

/** Decisão pura: os produtos de cada categoria, na ordem em que vieram. */
export function byCategory(items) {
  const categories = new Map();
  for (const item of items) {
    const found = categories.get(item.categoria) ?? [];
    categories.set(item.categoria, [...found, item]);
  }
  return [...categories].map(([name, products]) => ({ name: name ?? "sem categoria", products }));
}

export function showBestSellers({ list, more, empty }, items) {
  const categories = byCategory(items);
  const left = categories.length - MOST_CATEGORIES;
  empty.hidden = items.length > 0;
  more.hidden = left <= 0;
  more.textContent = `Na planilha há mais ${formatInteger(left)} ${left === 1 ? "categoria" : "categorias"}.`;
  showRows(list, categories.slice(0, MOST_CATEGORIES), category, fillCategory);
}

function category() {
  const products = document.createElement("ol");
  products.className = "barras";
  return [document.createElement("h3"), products];
}

function fillCategory(item, { name, products }) {
  const [title, list] = item.children;
  item.dataset.categoria = name;
  title.textContent = name;
  const most = products[0].total_vendido;
  showRows(list, products, product, (row, each) => fillProduct(row, each, most));
}

const product = () => [productButton(), span("quanto"), bar()];

function fillProduct(row, each, most) {
  const [name, amount, track] = row.children;
  nameOf(row, name, each);
  amount.textContent = formatInteger(each.total_vendido);
  amount.title = formatMoney(Number(each.receita));
  amount.dataset.valor = each.total_vendido;
  setBar(track, each.total_vendido, most);
}
