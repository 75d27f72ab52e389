// O que as verificações dos dados acharam: quantas passaram, e primeiro as que falharam.

import { formatInteger, formatMoment } from "./format.js";
import { showRows, span } from "./rows.js";

const VERDICTS = { reprovada: "reprovada", alerta: "alerta" };

const blocked = (count) => `${formatInteger(count)} ${count === 1 ? "impede" : "impedem"}`;

/** Decisão pura: o que dizer da última verificação. */
export function runNote({ executada_em, totais }, timeZone) {
  if (executada_em === null) return "Os dados ainda não foram verificados: isso acontece depois da carga dos arquivos do dia.";
  const when = `verificados em ${formatMoment(executada_em, timeZone)}`;
  if (totais.bloqueios > 0) return `${when} · ${blocked(totais.bloqueios)} o que vem depois`;
  return totais.reprovadas + totais.alertas === 0 ? `${when} · tudo em ordem` : when;
}

/** Decisão pura: as que não passaram, das mais graves às menos; o servidor já as põe primeiro. */
export const failures = (resultados) => resultados.filter(({ veredito }) => veredito in VERDICTS);

export function showQuality({ note, counts, list, more }, found, timeZone) {
  const { reprovadas, alertas, aprovadas } = found.totais;
  note.textContent = runNote(found, timeZone);
  counts.hidden = found.executada_em === null;
  const pairs = [["reprovadas", reprovadas], ["alertas", alertas], ["aprovadas", aprovadas]];
  counts.replaceChildren(...pairs.map(count));
  const failed = failures(found.resultados);
  showRows(list, failed, () => [span("veredito"), span("tabela-da"), span("porque"), span("limite")], fill);
  const left = reprovadas + alertas - failed.length;
  more.hidden = left <= 0;
  more.textContent = `Na planilha há mais ${formatInteger(left)}.`;
}

function count([name, value]) {
  const pair = document.createElement("div");
  pair.dataset.veredito = name;
  pair.dataset.algum = value > 0;
  const term = Object.assign(document.createElement("dt"), { textContent: name });
  pair.append(term, Object.assign(document.createElement("dd"), { textContent: formatInteger(value) }));
  return pair;
}

function fill(row, { tabela, verificacao, veredito, bloqueante, limite, valor, detalhe }) {
  const [verdict, table, why, limit] = row.children;
  row.dataset.verificacao = verificacao;
  row.dataset.veredito = veredito;
  verdict.textContent = bloqueante && veredito === "reprovada" ? "reprovada, impede o resto" : VERDICTS[veredito];
  table.textContent = tabela;
  why.textContent = detalhe;
  const measured = valor === null ? "nada a medir" : valor.replace(".", ",").replace(/,?0+$/, "") || "0";
  limit.textContent = `medido: ${measured} · aceito: ${limite}`;
}
