// As vendas por região: uma linha por estado no tempo, e o total de cada um.

import { showBars } from "./bars.js";
import { color, frame, look } from "./chart-frame.js";
import { formatMoney, formatMonth } from "./format.js";
import { stateName } from "./states.js";

const NAMED = 5;
const OTHERS = "demais";
const SYMBOLS = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect"]; // os de `.regioes` na folha de estilo
const cents = (receita) => Math.round(Number(receita) * 100);

/** Decisão pura: os meses em ordem, e por estado o total e o valor de cada mês, em centavos; o que mais vende primeiro. */
export function byState(items) {
  const months = [...new Set(items.map(({ mes }) => mes))].sort();
  const states = new Map();
  for (const { mes, regiao, receita } of items) {
    const state = states.get(regiao) ?? { regiao, total: 0, values: months.map(() => 0) };
    state.total += cents(receita);
    state.values[months.indexOf(mes)] += cents(receita);
    states.set(regiao, state);
  }
  return { months, states: [...states.values()].sort((a, b) => b.total - a.total) };
}

/** Decisão pura: os que mais vendem, e os demais somados em um. */
export function largest(states, most) {
  const named = states.map((state) => ({ ...state, name: stateName(state.regiao) }));
  if (states.length <= most + 1) return named;
  const others = states.slice(most);
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  return [...named.slice(0, most), {
    regiao: OTHERS,
    name: `os outros ${others.length}`,
    total: sum(others.map(({ total }) => total)),
    values: others[0].values.map((_, i) => sum(others.map(({ values }) => values[i]))),
  }];
}

/** A lista é também a legenda do gráfico, que não tem os outros: a soma deles achataria as linhas. */
export function showRegions(list, { states }) {
  const items = largest(states, NAMED).map(({ regiao, name, total }) => ({
    key: regiao,
    name,
    shown: formatMoney(total / 100),
    value: (total / 100).toFixed(2),
  }));
  showBars(list, items, Math.max(0, ...items.map(({ value }) => value)));
}

export function createRegionsChart(element) {
  let shown = { months: [], states: [] };
  const chart = frame(element, draw);

  function tooltip(points) {
    const lines = points.map(({ seriesName, value }) => `${seriesName}: ${formatMoney(value)}`);
    return [formatMonth(shown.months[points[0].dataIndex]), ...lines].join("\n");
  }

  function draw() {
    const { xAxis, ...rest } = look(tooltip);
    const lines = largest(shown.states, NAMED).filter(({ regiao }) => regiao !== OTHERS);
    const series = lines.map(({ name, values }, i) => ({
      type: "line",
      name,
      symbol: SYMBOLS[i],
      symbolSize: 9,
      lineStyle: { width: 2.5 },
      itemStyle: { color: color(`--serie-${i + 1}`) },
      data: values.map((value) => value / 100),
    }));
    chart.setOption({
      ...rest,
      xAxis: { ...xAxis, data: shown.months.map(formatMonth) },
      series,
    }, { replaceMerge: ["series"] });
  }

  return (found) => {
    shown = found;
    draw();
    element.setAttribute("aria-label", describe(found));
  };
}

function describe({ months, states: [best] }) {
  const span = `de ${formatMonth(months[0])} a ${formatMonth(months.at(-1))}`;
  return `Vendas por região ${span}. Mais vendas: ${stateName(best.regiao)}, ${formatMoney(best.total / 100)}.`;
}
