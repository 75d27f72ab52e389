// A página: ouve o servidor e mostra o que ele diz.

import { showAlerts } from "./alerts.js";
import { showChanges } from "./comparison.js";
import { openFrom } from "./drawer.js";
import { fit, fitAtEveryWidth } from "./fit.js";
import { ageOf, badge, notice } from "./freshness.js";
import { averages, formatDay, formatInteger, formatMoney, formatTime } from "./format.js";
import { askForTheHour } from "./hour.js";
import { showProducts } from "./products.js";
import { follow } from "./stream.js";
import { startTabs } from "./tabs.js";

const SPEAK_EVERY_MS = 60_000;
const CHART_RETRY_MS = 10_000;
const FITTED = ".numeros p";
const element = (id) => document.getElementById(id);
const changes = document.querySelectorAll(".comparacao");

let connected = false;
let view = null;
let heardAt = 0;
let chart = null;
let chartAsked = false;
let spokenAt = -Infinity;

function write(id, text, value) {
  const target = element(id);
  if (target.textContent !== text) {
    target.textContent = text;
    if (target.matches(FITTED)) fit(target);
  }
  if (value !== undefined) target.dataset.valor = value;
}

function showToday({ dia, pedidos, unidades, receita }) {
  const total = Number(receita);
  write("receita-hoje", formatMoney(total), receita);
  write("pedidos-hoje", formatInteger(pedidos), pedidos);
  write("unidades-hoje", formatInteger(unidades), unidades);
  write("dia", formatDay(dia));
  const { ticket, perOrder } = averages({ pedidos, unidades, total });
  write("ticket", ticket);
  write("itens-por-pedido", perOrder);
}

function showMinutes(minutes) {
  chart?.show(minutes, view.fuso);
  const revenue = minutes.reduce((sum, m) => sum + Math.round(Number(m.receita) * 100), 0) / 100;
  write("ultima-hora", `última hora: ${formatMoney(revenue)}`);
}

/** O gráfico vem depois dos números, que não esperam por ele: pesa mais que todo o resto. */
async function askForChart() {
  try {
    const { loadChart } = await import("./chart.js");
    chart = await loadChart(element("grafico"));
  } catch {
    setTimeout(() => { chartAsked = false; }, CHART_RETRY_MS);
    return;
  }
  chart.show(view.vendas_por_minuto, view.fuso);
}

function showStock(stock) {
  const parts = {
    list: element("alertas"),
    empty: element("sem-alertas"),
    count: element("quantos-alertas"),
    silent: element("sem-noticia"),
  };
  showAlerts(parts, stock, Date.parse(view.agora));
}

const SHOW = {
  usuarios_ativos: (n) => write("usuarios-ativos", formatInteger(n), n),
  vendas_hoje: showToday,
  vendas_por_minuto: showMinutes,
  mais_vistos: (products) => showProducts(element("mais-vistos"), element("sem-visitas"), products),
  degradado: showNotice,
};

function showNotice(away) {
  const text = notice(away);
  element("aviso").hidden = text === null;
  write("aviso", text ?? "");
}

function showBadge() {
  const age = view ? ageOf(view.frescor, performance.now() - heardAt) : null;
  const stopped = view !== null && view.degradado.includes("fluxo");
  const { state, text } = badge({ connected, seen: view !== null, age, stopped });
  element("frescor").dataset.estado = state;
  write("frescor-texto", text);
  document.body.classList.toggle("envelhecido", state === "parado" || state === "sem-conexao");
}

function speak() {
  if (performance.now() - spokenAt < SPEAK_EVERY_MS) return;
  spokenAt = performance.now();
  const today = `Hoje: ${element("receita-hoje").textContent} em ${element("pedidos-hoje").textContent} pedidos.`;
  write("resumo-falado", `${today} ${element("usuarios-ativos").textContent} pessoas na loja.`);
}

/** A hora do servidor, em milissegundos; `null` enquanto não foi ouvido. */
const serverNow = () => (view ? Date.parse(view.agora) + performance.now() - heardAt : null);

function onView(whole, changed) {
  connected = true;
  view = whole;
  heardAt = performance.now();
  for (const [key, value] of Object.entries(changed)) SHOW[key]?.(value);
  write("relogio", `Números das ${formatTime(view.agora, view.fuso, { seconds: true })}, hora da loja`);
  showChanges(changes, view);
  showStock(view.estoque);
  showBadge();
  speak();
  if (!chartAsked) {
    chartAsked = true;
    requestAnimationFrame(() => setTimeout(askForChart));
  }
}

function onLost() {
  connected = false;
  showBadge();
}

/** O histórico só se busca quando alguém o abre. */
async function openHistory() {
  try {
    const { showHistory } = await import("./history.js");
    await showHistory(element("historico"), () => ({ today: view?.vendas_hoje.dia, timeZone: view?.fuso }));
  } catch {
    write("historico-espera", "O histórico não veio. Abra esta aba de novo daqui a pouco.");
  }
}

openFrom(document.querySelector("main"), element("gaveta"), serverNow);
askForTheHour({
  states: element("estados"),
  noStates: element("sem-estados"),
  funnel: element("funil"),
  abandoned: element("abandonados"),
});
fitAtEveryWidth(document.querySelectorAll(FITTED));
startTabs(document.querySelector("[role=tablist]"), {
  agora: () => document.querySelectorAll(FITTED).forEach(fit),
  historico: openHistory,
});
follow("/metricas/tempo_real/stream", { onView, onLost });
setInterval(showBadge, 1000);
