// O selo: quão velhos são os números, e o que dizer disso.

import { formatAge } from "./format.js";

export const LATE_AFTER_S = 10;
export const STOPPED_AFTER_S = 60;

/** Decisão pura: estado e texto a partir da idade em segundos (null: desconhecida) e de o
 * servidor dizer que o processamento parou. */
export function badge({ connected, seen, age, stopped }) {
  if (!connected) {
    return seen
      ? { state: "sem-conexao", text: "sem conexão, tentando de novo" }
      : { state: "conectando", text: "conectando…" };
  }
  if (stopped) return { state: "parado", text: "processamento parado" };
  if (age === null) return { state: "conectando", text: "esperando dados…" };
  if (age <= LATE_AFTER_S) return { state: "ao-vivo", text: `ao vivo · há ${formatAge(age)}` };
  const state = age <= STOPPED_AFTER_S ? "atrasado" : "parado";
  return { state, text: `atrasado há ${formatAge(age)}` };
}

/** A pior das idades que o servidor contou, mais o tempo desde que as contou. */
export function ageOf(frescor, heardMsAgo) {
  const ages = [frescor.vendas.idade_s, frescor.metricas.idade_s];
  return ages.includes(null) ? null : Math.max(...ages) + heardMsAgo / 1000;
}

const STORES = {
  warehouse: "o armazém de vendas não responde",
  mongodb: "as métricas ao vivo não respondem",
  kafka: "a fila de eventos não responde",
  fluxo: "o processamento dos eventos está parado",
};

/** Uma frase para o lojista, ou null se tudo responde. */
export function notice(away) {
  if (!away.length) return null;
  const what = away.map((name) => STORES[name] ?? name).join("; ");
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}. Mostrando os últimos números bons.`;
}
