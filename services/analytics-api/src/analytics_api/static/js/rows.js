// Listas cujas linhas ficam no lugar quando os números mudam: nada salta, e o foco não se perde.

import { productName } from "./format.js";

/** Uma linha (`li`) por item: `make` devolve as partes de uma nova, `fill` escreve nela. */
export function showRows(list, items, make, fill) {
  while (list.children.length > items.length) list.lastElementChild.remove();
  while (list.children.length < items.length) {
    const row = document.createElement("li");
    row.append(...make());
    list.append(row);
  }
  items.forEach((item, i) => fill(list.children[i], item));
}

export function span(name) {
  const element = document.createElement("span");
  element.className = name;
  return element;
}

/** O nome de um produto; um toque nele abre a gaveta. */
export function productButton() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "nome produto";
  return button;
}

export function nameOf(row, button, product) {
  row.dataset.produto = product.id_produto;
  button.textContent = productName(product);
  button.title = product.id_produto;
}
