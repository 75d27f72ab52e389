// Listas de barras: um nome, um número e a barra do seu tamanho.

import { showRows, span } from "./rows.js";

/** `items` são `{key, name, shown, value}`; a barra mais longa é a do valor `most`. */
export function showBars(list, items, most) {
  showRows(list, items, row, (item, { key, name, shown, value }) => {
    const [label, amount, track] = item.children;
    item.dataset.chave = key;
    label.textContent = name;
    label.title = name;
    amount.textContent = shown;
    amount.dataset.valor = value;
    setBar(track, value, most);
  });
}

/** O trilho com a sua barra dentro. */
export function bar() {
  const track = span("trilho");
  track.append(span("barra"));
  return track;
}

/** Um valor negativo não tem barra. */
export function setBar(track, value, most) {
  const share = most > 0 ? Math.max(0, value) / most : 0;
  track.firstElementChild.style.width = `${100 * share}%`;
}

const row = () => [span("nome"), span("quanto"), bar()];
