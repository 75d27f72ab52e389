// A gaveta de um produto: as visitas, as vendas de hoje, o estoque, quanto ele dura e o que se perdeu sem ele.

import {
  formatDays,
  formatInteger,
  formatLeft,
  formatMoney,
  formatPace,
  formatUnits,
} from "./format.js";

const ESTIMATE_AFTER_MS = [0, 500, 1000, 2000, 4000]; // o servidor calcula a estimativa sem que ninguém espere por ela

/** Abre-se a partir de qualquer elemento dentro de `[data-produto]`; `view()` é o quadro de agora. */
export function openFrom(root, dialog, view) {
  root.addEventListener("click", (event) => {
    const button = event.target.closest("button.produto");
    if (button) open(dialog, button, view());
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

async function open(dialog, button, view) {
  const id = button.closest("[data-produto]").dataset.produto;
  const part = (name) => dialog.querySelector(`#gaveta-${name}`);
  part("nome").textContent = button.textContent;
  part("id").textContent = id;
  part("numeros").replaceChildren();
  part("aviso").hidden = false;
  part("aviso").textContent = "buscando…";
  dialog.dataset.produto = id;
  dialog.showModal();
  const [sales, stock] = await Promise.all([salesOf(id, view), stockOf(id)]);
  if (dialog.dataset.produto !== id) return;
  const show = (found) => part("numeros").replaceChildren(...facts({ id, view, sales, stock: found }).flatMap(fact));
  show(stock);
  const missing = [sales, stock].includes(undefined);
  part("aviso").hidden = !missing;
  part("aviso").textContent = "Parte dos números não veio. Abra de novo daqui a pouco.";
  if (!stock) return;
  const isOpen = () => dialog.open && dialog.dataset.produto === id;
  const estimated = await estimatedStock(id, isOpen);
  if (estimated && isOpen()) show(estimated);
}

/** O estoque com a estimativa do que se perdeu; nada se ela demora ou se a gaveta fecha antes. */
async function estimatedStock(id, isOpen) {
  for (const wait of ESTIMATE_AFTER_MS) {
    await new Promise((resolve) => { setTimeout(resolve, wait); });
    if (!isOpen()) return null;
    const stock = await answer(`/estoque/${encodeURIComponent(id)}`);
    if (stock?.vendas_perdidas) return stock;
  }
  return null;
}

/** `undefined` quando não há resposta. */
async function answer(path) {
  try {
    const response = await fetch(path);
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

const salesOf = (id, { vendas_hoje: { dia } }) =>
  answer(`/vendas/resumo?${new URLSearchParams({ id_produto: id, inicio: dia, fim: dia })}`);

/** `null` quando nenhum local de estoque informou o produto. */
async function stockOf(id) {
  const found = await answer(`/estoque?${new URLSearchParams({ id_produto: id })}`);
  return found && (found.itens[0] ?? null);
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

/** Decisão pura: os pares de nome e valor, cada um com o número em que se baseia. */
export function facts({ id, view, sales, stock }) {
  const views = view.mais_vistos.find((product) => product.id_produto === id);
  const found = views ? [["Visitas na última hora", formatInteger(views.visualizacoes)]] : [];
  if (sales) {
    const { total_vendido, receita, pedidos } = sales.total;
    found.push(
      ["Vendido hoje", formatMoney(Number(receita))],
      ["Itens hoje", formatInteger(total_vendido)],
      ["Pedidos hoje", formatInteger(pedidos)],
    );
  }
  if (stock) {
    found.push(
      ["Em estoque", formatInteger(stock.nivel_estoque)],
      ["Ritmo de venda", formatPace(stock.ritmo_por_hora)],
      ["O estoque dura", stock.nivel_estoque ? formatDays(stock.dias_cobertura) : "esgotado"],
      ...lostFacts(stock.vendas_perdidas),
      ...stock.armazens.map((at) => [`em ${at.id_armazem}`, formatInteger(at.nivel_estoque)]),
    );
  }
  if (stock === null) found.push(["Em estoque", "não informado"]);
  return found;
}

function fact([name, value]) {
  const term = Object.assign(document.createElement("dt"), { textContent: name });
  return [term, Object.assign(document.createElement("dd"), { textContent: value })];
}
