// O que os gráficos têm em comum: a biblioteca, as cores, os eixos e o redesenho.

import { formatShortMoney } from "./format.js";

const LIBRARY = "/static/vendor/echarts/echarts-6.1.0.common.min.js";
const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");
let loading = null;

export const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Falha quando a biblioteca não vem; pode ser chamada de novo. */
export function loadLibrary() {
  loading ??= loadScript(LIBRARY);
  loading.catch(() => { loading = null; });
  return loading;
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

/** Um gráfico que acompanha o tamanho do seu elemento e as cores; `redraw` o desenha de novo, se já há o quê. */
export function frame(element, redraw) {
  const chart = window.echarts.init(element, null, { renderer: "canvas" });
  new ResizeObserver(() => element.clientWidth && chart.resize()).observe(element);
  dark.addEventListener("change", redraw);
  return chart;
}

/** As opções de um gráfico de dinheiro: `tooltip` escreve o texto de um ponto, `axisLabel` completa o do eixo de baixo. */
export function look(tooltip, axisLabel) {
  const ink = color("--tinta");
  const soft = color("--suave");
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
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
      textStyle: { color: ink, fontSize: 0.8125 * rem, lineHeight: 1.25 * rem },
      formatter: tooltip,
    },
    xAxis: {
      type: "category",
      axisTick: { show: false },
      axisLine: { onZero: false, lineStyle: { color: color("--borda") } },
      axisLabel: { color: soft, fontSize: 0.75 * rem, hideOverlap: true, ...axisLabel },
    },
    yAxis: {
      type: "value",
      splitNumber: 4,
      axisLabel: { color: soft, fontSize: 0.75 * rem, formatter: formatShortMoney },
      splitLine: { lineStyle: { color: color("--grade") } },
    },
  };
}
