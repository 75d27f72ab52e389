// As barras dos produtos mais vistos.

import { formatInteger } from "./format.js";
import { nameOf, productButton, showRows, span } from "./rows.js";

export function showProducts(list, empty, products) {
  empty.hidden = products.length > 0;
  const most = products[0]?.visualizacoes ?? 1;
  showRows(list, products, row, (item, product) => fill(item, product, most));
}

function row() {
  const track = span("trilho");
  track.append(span("barra"));
  return [productButton(), span("quanto"), track];
}

function fill(item, product, most) {
  const [name, amount, track] = item.children;
  nameOf(item, name, product.id_produto);
  amount.textContent = formatInteger(product.visualizacoes);
  amount.dataset.valor = product.visualizacoes;
  track.firstElementChild.style.width = `${(100 * product.visualizacoes) / most}%`;
}
