// A última hora: as vendas por estado e o funil da visita à compra. O servidor conta os dois mais devagar
// que o resto, e a página pergunta de vez em quando.

import { answer } from "./answer.js";
import { showBars } from "./bars.js";
import { formatInteger, formatMoney, formatShare } from "./format.js";

const EVERY_MS = 10_000;
const MOST_STATES = 10;

/** `parts` são os elementos da página; sem resposta, o que está lá fica. */
export function askForTheHour(parts) {
  const ask = async () => {
    const [states, funnel] = await Promise.all([answer("/metricas/regioes"), answer("/metricas/funil")]);
    if (states) showStates(parts, states.estados);
    if (funnel) showFunnel(parts, funnel);
  };
  ask();
  setInterval(() => document.hidden || ask(), EVERY_MS);
}

function showStates({ states, noStates }, estados) {
  const bought = withTheRest(estados.filter((each) => Number(each.receita) !== 0));
  noStates.hidden = bought.length > 0;
  const most = Math.max(0, ...bought.map(({ receita }) => Number(receita)));
  const items = bought.map(({ key, name, receita }) => ({
    key,
    name,
    shown: formatMoney(Number(receita)),
    value: receita,
  }));
  showBars(states, items, most);
}

/** Os estados que mais compraram e, se há mais, todos os outros numa só linha. */
function withTheRest(estados) {
  const named = estados.map(({ estado, receita }) => ({
    key: estado,
    name: estado === "desconhecido" ? "sem estado" : estado,
    receita,
  }));
  if (named.length <= MOST_STATES) return named;
  const [first, rest] = [named.slice(0, MOST_STATES - 1), named.slice(MOST_STATES - 1)];
  const receita = rest.reduce((sum, each) => sum + Number(each.receita), 0).toFixed(2);
  return [...first, { key: "outros", name: `outros ${rest.length} estados`, receita }];
}

function showFunnel({ funnel, abandoned }, found) {
  const { clicaram, adicionaram, compraram, carrinhos_abandonados: carts } = found;
  const step = (key, name, value) => ({
    key,
    name,
    shown: key === "clicaram" ? formatInteger(value) : `${formatInteger(value)} · ${formatShare(value, clicaram)}`,
    value,
  });
  const steps = [
    step("clicaram", "Visitaram produtos", clicaram),
    step("adicionaram", "Puseram no carrinho", adicionaram),
    step("compraram", "Compraram", compraram),
  ];
  showBars(funnel, steps, clicaram);
  abandoned.textContent = abandonedText(carts);
}

export function abandonedText({ carrinhos, clientes, com_preco, valor }) {
  if (carrinhos === 0) return "nenhum carrinho abandonado";
  const what = carrinhos === 1 ? "1 produto esquecido" : `${formatInteger(carrinhos)} produtos esquecidos`;
  const whose = clientes === 1 ? "no carrinho de 1 cliente" : `nos carrinhos de ${formatInteger(clientes)} clientes`;
  const worth = com_preco > 0 ? `: ${formatMoney(Number(valor))}` : "";
  return `${what} ${whose}${worth}`;
}
