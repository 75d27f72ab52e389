// As barras dos produtos mais vistos, e quantos lugares cada um subiu ou desceu.

import { bar, setBar } from "./bars.js";
import { formatInteger } from "./format.js";
import { nameOf, productButton, showRows, span } from "./rows.js";

export function showProducts(list, empty, products) {
  empty.hidden = products.length > 0;
  const most = products[0]?.visualizacoes ?? 1;
  const items = products.map((product, i) => ({ product, place: i + 1 }));
  showRows(list, items, row, (item, { product, place }) => fill(item, product, place, most));
}

/** Decisão pura: o que se mostra e o que se diz do movimento até o lugar `place`. */
export function moved({ movimento, posicao_anterior }, place) {
  const places = Math.abs(posicao_anterior - place);
  const said = places === 1 ? "1 lugar" : `${formatInteger(places)} lugares`;
  switch (movimento) {
    case "subiu": return { shown: `▲ ${formatInteger(places)}`, said: `subiu ${said}` };
    case "desceu": return { shown: `▼ ${formatInteger(places)}`, said: `desceu ${said}` };
    case "manteve": return { shown: "=", said: "no mesmo lugar" };
    case "novo": return { shown: "novo", said: "sem visitas na hora anterior" };
    default: return { shown: "", said: "" };
  }
}

const row = () => [productButton(), movement(), span("quanto"), bar()];

function movement() {
  const whole = span("movimento");
  const shown = span("seta");
  shown.setAttribute("aria-hidden", "true");
  whole.append(shown, span("so-leitor"));
  return whole;
}

function fill(item, product, place, most) {
  const [name, movement, amount, track] = item.children;
  nameOf(item, name, product);
  const { shown, said } = moved(product, place);
  movement.dataset.rumo = product.movimento ?? "";
  movement.title = said;
  movement.firstElementChild.textContent = shown;
  movement.lastElementChild.textContent = said;
  amount.textContent = formatInteger(product.visualizacoes);
  amount.dataset.valor = product.visualizacoes;
  setBar(track, product.visualizacoes, most);
}
