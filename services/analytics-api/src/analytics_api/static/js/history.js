// A aba do histórico: pergunta o que mostra só enquanto está aberta.

import { answer } from "./answer.js";
import { showBestSellers } from "./best-sellers.js";
import { loadLibrary } from "./chart-frame.js";
import { showDrift } from "./drift.js";
import { formatMoment } from "./format.js";
import { createMonthsChart, showMonths } from "./months.js";
import { showQuality } from "./quality.js";
import { byState, createRegionsChart, showRegions } from "./regions.js";

const STYLE = "/static/css/history.css";
const EVERY_MS = 60_000;
const MONTHS = 13;
const MONTHS_OF_REGIONS = 6;
const DAYS = 8;
const WORST = 20;
const BEST = 5;
const BEST_OF_FILE = 100;
const element = (id) => document.getElementById(id);

const known = { months: [], regions: byState([]) };
const charts = {};
let styled = null;
let timer = 0;
let shop = {};

/** Cada vez que a aba abre; `shopNow` diz o dia (`today`) e o fuso (`timeZone`) da loja, se já se sabem. */
export async function showHistory(panel, shopNow) {
  clearInterval(timer);
  timer = setInterval(() => {
    if (panel.hidden) clearInterval(timer);
    else if (!document.hidden) refresh(panel, shopNow());
  }, EVERY_MS);
  await refresh(panel, shopNow());
}

/** Tudo aparece de uma vez, já com o seu estilo: nada salta. */
async function refresh(panel, { today, timeZone }) {
  shop = { today: today ?? new Date().toLocaleDateString("sv-SE"), timeZone };
  styled ??= loadStyle(STYLE);
  linkFile();
  const [found] = await Promise.all([ask(), styled]);
  show(found);
  await drawCharts(panel);
}

function loadStyle(href) {
  return new Promise((resolve) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => {
      link.remove();
      styled = null;
      resolve();
    });
    document.head.append(link);
  });
}

/** Decisão pura: o primeiro dia do mês que está tantos meses antes. */
export function monthsBefore(day, months) {
  const [year, month] = day.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 - months, 1)).toISOString().slice(0, 10);
}

/** Decisão pura. */
export function dayBefore(day) {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - 1);
  return date.toISOString().slice(0, 10);
}

async function ask() {
  const period = PERIOD.value;
  const since = (months) => `inicio=${monthsBefore(shop.today, months - 1)}`;
  const [months, regions, best, days, quality] = await Promise.all([
    answer(`/vendas/mensais?${since(MONTHS)}`),
    answer(`/vendas/mensais?agrupar=regiao&${since(MONTHS_OF_REGIONS)}`),
    answer(bestSellers(BEST)),
    answer(`/conciliacao?fim=${dayBefore(shop.today)}&limite=${DAYS}`),
    answer(`/qualidade?limite=${WORST}`),
  ]);
  return { months, regions, best, period, days, quality };
}

function show({ months, regions, best, period, days, quality }) {
  if (months) showLoaded(months);
  if (regions) known.regions = byState(regions.itens);
  showBest(best, period);
  if (days) showDrift(DRIFT, days.itens, dayBefore(shop.today));
  if (quality) showQuality(QUALITY, quality, shop.timeZone);
  showMonths(element("meses").tBodies[0], known.months);
  showRegions(element("regioes"), known.regions);
  showPart("meses", known.months.length > 0);
  showPart("regioes", known.regions.states.length > 0);
  reveal([months, regions, best, days, quality].some((each) => each !== null));
}

function showLoaded({ itens, carregado_em }) {
  known.months = itens;
  element("sem-arquivos").hidden = carregado_em !== null;
  const loaded = carregado_em === null ? "" : ` · arquivos de ${formatMoment(carregado_em, shop.timeZone)}`;
  element("carregado").textContent = `últimos ${MONTHS} meses${loaded}`;
}

function showPart(name, some) {
  element(`sem-${name}`).hidden = some;
  element(name).parentElement.hidden = !some;
}

function reveal(came) {
  const everything = element("historico-tudo");
  if (came) everything.hidden = false;
  element("historico-espera").textContent = "O histórico não veio. A página tenta de novo daqui a um minuto.";
  element("historico-espera").hidden = !everything.hidden;
}

const bestSellers = (most) => `/produtos/mais_vendidos?agrupar=categoria&periodo=${PERIOD.value}&limite=${most}`;

async function changePeriod() {
  linkFile();
  const period = PERIOD.value;
  showBest(await answer(bestSellers(BEST)), period);
}

/** Um navegador pode repor, sem avisar, o período que estava escolhido antes de recarregar a página. */
function linkFile() {
  element("baixar-vendidos").href = `${bestSellers(BEST_OF_FILE)}&formato=planilha`;
}

/** Não mostra a resposta de um período que já não é o escolhido. */
function showBest(best, period) {
  if (best && period === PERIOD.value) showBestSellers(SELLERS, best.itens);
}

/** Sem a biblioteca, as tabelas e as listas dizem o mesmo; um gráfico só começa onde tem tamanho. */
async function drawCharts(panel) {
  const { months, regions } = known;
  try {
    await loadLibrary();
  } catch {
    return;
  }
  if (panel.hidden) return;
  if (months.length) (charts.months ??= createMonthsChart(element("grafico-meses")))(months);
  if (regions.states.length) (charts.regions ??= createRegionsChart(element("grafico-regioes")))(regions);
}

const PERIOD = element("periodo");
const SELLERS = { list: element("categorias"), more: element("mais-categorias"), empty: element("sem-vendidos") };
const DRIFT = {
  day: element("dia-conciliado"),
  list: element("conciliacao"),
  before: element("anteriores"),
  title: element("titulo-anteriores"),
};
const QUALITY = {
  note: element("verificado"),
  counts: element("vereditos"),
  list: element("falhas"),
  more: element("mais-falhas"),
};
PERIOD.addEventListener("change", changePeriod);
