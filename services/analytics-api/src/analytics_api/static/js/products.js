// As barras dos produtos mais vistos.

import { bar, setBar } from "./bars.js";
import { formatInteger } from "./format.js";
import { nameOf, productButton, showRows, span } from "./rows.js";

export function showProducts(list, empty, products) {
  empty.hidden = products.length > 0;
  const most = products[0]?.visualizacoes ?? 1;
  showRows(list, products, row, (item, product) => fill(item, product, most));
}

const row = () => [productButton(), span("quanto"), bar()];

function fill(item, product, most) {
  const [name, amount, track] = item.children;
  nameOf(item, name, product);
  amount.textContent = formatInteger(product.visualizacoes);
  amount.dataset.valor = product.visualizacoes;
  setBar(track, product.visualizacoes, most);
}
