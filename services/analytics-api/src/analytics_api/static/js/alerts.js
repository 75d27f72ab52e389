// Os alertas de estoque: o que acabou, e quanto tempo resta ao que está acabando.

import { formatInteger, formatLeft, formatSince } from "./format.js";
import { nameOf, productButton, showRows, span } from "./rows.js";

const STALE_AFTER_MS = 5 * 60_000;
const MOST_SILENT = 3;

/** O que dizer quando não há alertas, ou quando ninguém olha o estoque há algum tempo. */
export function alertsNote({ alertas, avaliado_em }, now) {
  const stale = avaliado_em === null || now - Date.parse(avaliado_em) > STALE_AFTER_MS;
  if (stale) return "Os alertas de estoque não estão sendo atualizados.";
  return alertas.length ? null : "Nenhum produto que vende está acabando.";
}

/** Decisão pura: de que armazéns não há notícia e desde quando; "" quando há de todos. */
export function silentText(silent, now) {
  if (!silent.length) return "";
  const named = silent.slice(0, MOST_SILENT).map((at) => `${at.id_armazem} (${formatSince(at.recebido_em, now)})`);
  const left = silent.length - named.length;
  const all = left > 0 ? [...named, `mais ${formatInteger(left)}`] : named;
  return `Sem notícia do estoque em ${new Intl.ListFormat("pt-BR").format(all)}.`;
}

/** `estoque` do servidor; `now` em milissegundos. */
export function showAlerts({ list, empty, count, silent }, stock, now) {
  const { alertas_abertos, alertas } = stock;
  const note = alertsNote(stock, now);
  empty.hidden = note === null;
  empty.textContent = note ?? "";
  const more = alertas_abertos - alertas.length;
  count.textContent = more > 0 ? `e mais ${formatInteger(more)}` : "\u00a0";
  const silence = silentText(stock.armazens_silenciosos ?? [], now) || "\u00a0"; // um servidor mais antigo não diz
  if (silent.textContent !== silence) silent.textContent = silence;
  showRows(list, alertas, () => [productButton(), span("resta"), span("nivel")], (row, alert) => {
    const [name, left, level] = row.children;
    nameOf(row, name, alert);
    row.dataset.motivo = alert.motivo;
    left.textContent = timeLeft(alert, now);
    level.textContent = levelText(alert.nivel_estoque);
    level.dataset.valor = alert.nivel_estoque;
  });
}

export function timeLeft({ motivo, esgota_em }, now) {
  if (motivo === "esgotado") return "esgotado";
  return esgota_em === null ? "acabando" : formatLeft((Date.parse(esgota_em) - now) / 1000);
}

export function levelText(units) {
  if (units === 0) return "nenhuma unidade";
  return units === 1 ? "resta 1 unidade" : `restam ${formatInteger(units)} unidades`;
}
