// As barras dos produtos mais vistos.

import { formatInteger, productName } from "./format.js";

export function showProducts(list, empty, products) {
  empty.hidden = products.length > 0;
  while (list.children.length > products.length) list.lastElementChild.remove();
  while (list.children.length < products.length) list.append(row());
  const most = products[0]?.visualizacoes ?? 1;
  products.forEach((product, i) => fill(list.children[i], product, most));
}

function row() {
  const item = document.createElement("li");
  for (const name of ["nome", "quanto"]) item.append(span(name));
  const track = span("trilho");
  track.append(span("barra"));
  item.append(track);
  return item;
}

function span(name) {
  const element = document.createElement("span");
  element.className = name;
  return element;
}

function fill(item, product, most) {
  const [name, amount, track] = item.children;
  item.dataset.produto = product.id_produto;
  name.textContent = productName(product.id_produto);
  name.title = product.id_produto;
  amount.textContent = formatInteger(product.visualizacoes);
  amount.dataset.valor = product.visualizacoes;
  track.firstElementChild.style.width = `${(100 * product.visualizacoes) / most}%`;
}
