// A receita por mês: um gráfico e a tabela dos mesmos números.

import { color, frame, look } from "./chart-frame.js";
import { formatInteger, formatMoney, formatMonth } from "./format.js";

/** Uma linha por mês, o mais novo em cima. */
export function showMonths(body, months) {
  const newestFirst = [...months].reverse();
  body.replaceChildren(...newestFirst.map(line));
}

function line({ mes, pedidos, receita }) {
  const row = document.createElement("tr");
  row.dataset.mes = mes;
  const month = Object.assign(document.createElement("th"), { scope: "row", textContent: formatMonth(mes) });
  const orders = Object.assign(document.createElement("td"), { textContent: formatInteger(pedidos) });
  const revenue = Object.assign(document.createElement("td"), { textContent: formatMoney(Number(receita)) });
  revenue.dataset.valor = receita;
  row.append(month, orders, revenue);
  return row;
}

export function createMonthsChart(element) {
  let months = [];
  const chart = frame(element, draw);

  function tooltip([{ dataIndex }]) {
    const { mes, pedidos, unidades, receita } = months[dataIndex];
    const counts = `${formatInteger(pedidos)} pedidos · ${formatInteger(unidades)} itens`;
    return `${formatMonth(mes)} · ${formatMoney(Number(receita))}\n${counts}`;
  }

  function draw() {
    const { xAxis, ...rest } = look(tooltip);
    const data = months.map(({ receita }) => ({
      value: Number(receita),
      itemStyle: { color: color("--cor"), borderRadius: Number(receita) < 0 ? [0, 0, 3, 3] : [3, 3, 0, 0] },
    }));
    chart.setOption({
      ...rest,
      xAxis: { ...xAxis, data: months.map(({ mes }) => formatMonth(mes)) },
      series: [{ type: "bar", barCategoryGap: "28%", barMaxWidth: 64, data }],
    });
  }

  return (shown) => {
    months = shown;
    draw();
    element.setAttribute("aria-label", describe(months));
  };
}

function describe(months) {
  const best = months.reduce((a, b) => (Number(b.receita) > Number(a.receita) ? b : a));
  const peak = `${formatMonth(best.mes)}, ${formatMoney(Number(best.receita))}`;
  return `Receita por mês. Melhor mês: ${peak}. A tabela diz o mesmo.`;
}
