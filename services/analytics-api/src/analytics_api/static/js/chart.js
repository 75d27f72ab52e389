// O gráfico de vendas por minuto.

import { color, frame, loadLibrary, look } from "./chart-frame.js";
import { formatInteger, formatMoney, formatTime } from "./format.js";

/** Falha quando a biblioteca não vem; pode ser chamada de novo. */
export async function loadChart(element) {
  await loadLibrary();
  return createChart(element);
}

function createChart(element) {
  const chart = frame(element, () => minutes.length && draw());
  let minutes = [];
  let timeZone;

  function tooltip(points) {
    const minute = minutes[points[0].dataIndex];
    const orders = minute.pedidos === 1 ? "pedido" : "pedidos";
    const units = minute.unidades === 1 ? "item" : "itens";
    return [
      `${formatTime(minute.minuto, timeZone)} · ${formatMoney(Number(minute.receita))}`,
      `${formatInteger(minute.pedidos)} ${orders} · ${formatInteger(minute.unidades)} ${units}`,
    ].join("\n");
  }

  function bars() {
    const last = minutes.length - 1;
    return {
      xAxis: { data: minutes.map((m) => formatTime(m.minuto, timeZone)) },
      series: [
        {
          type: "bar",
          barCategoryGap: "28%",
          data: minutes.map((m, i) => ({
            value: Number(m.receita),
            itemStyle: {
              color: color(i === last ? "--cor-clara" : "--cor"),
              borderRadius: Number(m.receita) < 0 ? [0, 0, 3, 3] : [3, 3, 0, 0],
            },
          })),
        },
      ],
    };
  }

  function draw() {
    const { xAxis, ...rest } = look(tooltip, { interval: (i) => isQuarter(minutes[i]) });
    const { xAxis: axis, series } = bars();
    chart.setOption({ ...rest, xAxis: { ...xAxis, ...axis }, series });
  }

  return {
    show(newMinutes, newTimeZone) {
      const first = !minutes.length || timeZone !== newTimeZone;
      minutes = newMinutes;
      timeZone = newTimeZone;
      if (first) draw();
      else chart.setOption(bars());
      element.setAttribute("aria-label", describe(minutes, timeZone));
    },
  };
}

const isQuarter = (minute) => minute !== undefined && Number(minute.minuto.slice(14, 16)) % 15 === 0;

function describe(minutes, timeZone) {
  const best = minutes.reduce((a, b) => (Number(b.receita) > Number(a.receita) ? b : a));
  const peak = `${formatMoney(Number(best.receita))} às ${formatTime(best.minuto, timeZone)}`;
  return `Vendas por minuto nos últimos 60 minutos. Melhor minuto: ${peak}.`;
}
