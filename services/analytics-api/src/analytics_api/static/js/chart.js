// O gráfico de vendas por minuto.

import { formatInteger, formatMoney, formatShortMoney, formatTime } from "./format.js";

const LIBRARY = "/static/vendor/echarts/echarts-6.1.0.common.min.js";
const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Falha quando a biblioteca não vem; pode ser chamada de novo. */
export async function loadChart(element) {
  if (!window.echarts) await loadScript(LIBRARY);
  return createChart(element);
}

function loadScript(src) {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src });
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => {
      script.remove();
      reject(new Error(`não veio: ${src}`));
    });
    document.head.append(script);
  });
}

function createChart(element) {
  const chart = window.echarts.init(element, null, { renderer: "canvas" });
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

  function look() {
    const ink = color("--tinta");
    const soft = color("--suave");
    return {
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      animation: !still.matches,
      animationDurationUpdate: 300,
      grid: { left: 8, right: 8, top: 16, bottom: 4, outerBoundsMode: "same" },
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        confine: true,
        axisPointer: { type: "shadow", shadowStyle: { color: color("--grade"), opacity: 0.8 } },
        backgroundColor: color("--cartao"),
        borderColor: color("--borda"),
        padding: 12,
        textStyle: { color: ink, fontSize: 13, lineHeight: 20 },
        formatter: tooltip,
      },
      xAxis: {
        type: "category",
        axisTick: { show: false },
        axisLine: { onZero: false, lineStyle: { color: color("--borda") } },
        axisLabel: { color: soft, interval: (i) => isQuarter(minutes[i]), hideOverlap: true },
      },
      yAxis: {
        type: "value",
        splitNumber: 4,
        axisLabel: { color: soft, formatter: formatShortMoney },
        splitLine: { lineStyle: { color: color("--grade") } },
      },
    };
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
    const { xAxis, ...rest } = look();
    const { xAxis: axis, series } = bars();
    chart.setOption({ ...rest, xAxis: { ...xAxis, ...axis }, series });
  }

  new ResizeObserver(() => chart.resize()).observe(element);
  dark.addEventListener("change", () => minutes.length && draw());

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
