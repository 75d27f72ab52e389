// A gaveta de um produto: as visitas, as vendas de hoje, o estoque, quanto ele dura e o que se perdeu sem ele.

import { answer } from "./answer.js";
import {
  formatDays,
  formatInteger,
  formatLeft,
  formatMoney,
  formatPace,
  formatSince,
  formatUnits,
} from "./format.js";

const ESTIMATE_AFTER_MS = [0, 500, 1000, 2000, 4000]; // o servidor calcula a estimativa sem que ninguém espere por ela

/** Abre-se a partir de qualquer elemento dentro de `[data-produto]`; `now()` é a hora do servidor, ou `null`. */
export function openFrom(root, dialog, now) {
  root.addEventListener("click", (event) => {
    const button = event.target.closest("button.produto");
    if (button) open(dialog, button, now);
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

async function open(dialog, button, now) {
  const id = button.closest("[data-produto]").dataset.produto;
  const part = (name) => dialog.querySelector(`#gaveta-${name}`);
  part("nome").textContent = button.textContent;
  part("id").textContent = id;
  part("numeros").replaceChildren();
  part("aviso").hidden = false;
  part("aviso").textContent = "buscando…";
  dialog.dataset.produto = id;
  dialog.showModal();
  const product = await answer(`/produtos/${encodeURIComponent(id)}`);
  if (dialog.dataset.produto !== id) return;
  part("aviso").hidden = product !== null;
  part("aviso").textContent = "Os números não vieram. Abra de novo daqui a pouco.";
  if (!product) return;
  const show = (lost) => part("numeros").replaceChildren(...facts(product, lost, now()).flatMap(fact));
  show(null);
  if (!product.estoque) return;
  const isOpen = () => dialog.open && dialog.dataset.produto === id;
  const lost = await lostSales(id, isOpen);
  if (lost && isOpen()) show(lost);
}

/** A estimativa do que se perdeu; nada se ela demora ou se a gaveta fecha antes. */
async function lostSales(id, isOpen) {
  for (const wait of ESTIMATE_AFTER_MS) {
    await new Promise((resolve) => { setTimeout(resolve, wait); });
    if (!isOpen()) return null;
    const stock = await answer(`/estoque/${encodeURIComponent(id)}`);
    if (stock?.vendas_perdidas) return stock.vendas_perdidas;
  }
  return null;
}

/** Decisão pura: o que se perdeu sem estoque; nada quando ele não faltou ou a estimativa não veio. */
export function lostFacts(lost) {
  if (!lost?.segundos_esgotado) return [];
  const { segundos_esgotado, unidades, receita } = lost;
  const estimate = unidades === null ? "sem base para estimar" : `${formatMoney(Number(receita))} · ${formatUnits(unidades)}`;
  return [
    ["Sem estoque em 7 dias", formatLeft(segundos_esgotado)],
    ["Vendas perdidas, estimadas", estimate],
  ];
}

/** Decisão pura: os pares de nome e valor de `/produtos/{id_produto}`; os que ninguém sabe faltam. */
export function facts({ visualizacoes, vendas: { hoje }, estoque }, lost, now) {
  const found = [];
  if (visualizacoes !== null) found.push(["Visitas na última hora", formatInteger(visualizacoes)]);
  if (hoje) {
    found.push(
      ["Vendido hoje", formatMoney(Number(hoje.receita))],
      ["Itens hoje", formatInteger(hoje.total_vendido)],
      ["Pedidos hoje", formatInteger(hoje.pedidos)],
    );
  }
  if (!estoque) return [...found, ["Em estoque", "não informado"]];
  return [
    ...found,
    ["Em estoque", formatInteger(estoque.nivel_estoque)],
    ["Ritmo de venda", formatPace(estoque.ritmo_por_hora)],
    ["O estoque dura", estoque.nivel_estoque ? formatDays(estoque.dias_cobertura) : "esgotado"],
    ...lostFacts(lost),
    ...estoque.armazens.map((at) => [`em ${at.id_armazem}`, levelThere(at, now)]),
  ];
}

/** O nível num armazém, e há quanto tempo ele deu notícia, deste produto ou de outro. */
function levelThere({ nivel_estoque, armazem_recebido_em }, now) {
  const units = formatInteger(nivel_estoque);
  return now === null || !armazem_recebido_em ? units : `${units}, ${formatSince(armazem_recebido_em, now)}`;
}

function fact([name, value]) {
  const term = Object.assign(document.createElement("dt"), { textContent: name });
  return [term, Object.assign(document.createElement("dd"), { textContent: value })];
}
