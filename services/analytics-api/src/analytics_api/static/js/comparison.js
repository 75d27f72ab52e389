// Hoje diante do mesmo horário de ontem e de uma semana atrás.

import { fit } from "./fit.js";
import { formatChange } from "./format.js";

/** Acima disto, um percentual diz menos que "mais de 10 vezes". */
const MOST = 10;
const SAME_BELOW = 0.005;
const MARKS = { mais: "▲", menos: "▼", igual: "=", nada: "" };
const NAMES = { ontem: "ontem", semana_passada: "há uma semana" };
const WITH = { ontem: "com ontem", semana_passada: "com a semana passada" };

/** Decisão pura: o rumo de `now` diante de `before`, e o que dizer; `null` quando não há com que comparar. */
export function change(now, before, com) {
  if (before === null) return { way: "nada", text: `sem comparação ${WITH[com]}` };
  const day = NAMES[com];
  const share = (now - before) / before;
  if (now === before || Math.abs(share) < SAME_BELOW) return { way: "igual", text: `como ${day}` };
  const way = now > before ? "mais" : "menos";
  if (before <= 0) return { way, text: `${way} que ${day}` };
  if (share >= MOST) return { way, text: `mais de ${MOST} vezes ${day}` };
  return { way, text: `${formatChange(share)} que ${day}` };
}

/** Cada linha diz em `data-com` com que dia compara, e em `data-campo` qual número. */
export function showChanges(lines, { vendas_hoje, comparacao }) {
  for (const line of lines) {
    const { com, campo } = line.dataset;
    const then = comparacao?.[com]; // um servidor mais antigo não compara
    const before = then ? Number(then[campo]) : null;
    const { way, text } = change(Number(vendas_hoje[campo]), before, com);
    const [mark, said, atThisTime] = line.children;
    if (said.textContent === text && line.dataset.rumo === way) continue;
    line.dataset.rumo = way;
    mark.textContent = MARKS[way];
    said.textContent = text;
    atThisTime.hidden = way === "nada";
    fit(line);
  }
}
