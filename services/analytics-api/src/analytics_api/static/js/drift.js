// O que a loja vendeu pelo que se viu ao vivo, pelo fluxo e pelos arquivos: onde diferem, e por quê.

import { formatDate, formatDay, formatInteger, formatIntegerChange, formatMoney, formatMoneyChange } from "./format.js";
import { showRows, span } from "./rows.js";

const NAMES = { receita: "Receita", unidades: "Itens", pedidos: "Pedidos" };

/** Decisão pura: de que dia é o que se mostra. */
export function dayNote(day, yesterday) {
  if (day === undefined) return "Nenhum dia foi conciliado ainda: isso acontece depois da carga dos arquivos do dia.";
  if (day === yesterday) return `ontem, ${formatDay(day)}`;
  return `${formatDay(day)}, o último dia conciliado: ontem ainda não foi`;
}

/** Decisão pura: o que dizer de uma figura. */
export function figureTexts({ figura, ao_vivo: live, fluxo, arquivo, diferenca }) {
  const isMoney = figura === "receita";
  const [plain, signed] = isMoney ? [formatMoney, formatMoneyChange] : [formatInteger, formatIntegerChange];
  const difference = Number(diferenca);
  return {
    name: NAMES[figura],
    difference: difference === 0 ? "sem diferença" : signed(difference),
    sides: [
      `ao vivo ${live === null ? "sem registro" : plain(Number(live))}`,
      `fluxo ${plain(Number(fluxo))}`,
      `arquivos ${plain(Number(arquivo))}`,
    ].join(" · "),
  };
}

/** `days` são os dias conciliados, o mais novo primeiro. */
export function showDrift({ day, list, before, title }, days, yesterday) {
  const [newest, ...others] = days;
  day.textContent = dayNote(newest?.dia, yesterday);
  showRows(list, newest?.figuras ?? [], figure, fillFigure);
  title.hidden = others.length === 0;
  showRows(before, others, () => [span("dia"), span("quanto")], fillDay);
}

const figure = () => [span("nome"), span("quanto"), span("lados"), span("porque")];

function fillFigure(row, found) {
  const [name, amount, sides, why] = row.children;
  const texts = figureTexts(found);
  row.dataset.figura = found.figura;
  row.dataset.difere = Number(found.diferenca) !== 0;
  name.textContent = texts.name;
  amount.textContent = texts.difference;
  amount.dataset.valor = found.diferenca;
  sides.textContent = texts.sides;
  why.textContent = found.explicacao;
}

function fillDay(row, { dia, figuras }) {
  const [day, amount] = row.children;
  const revenue = figuras.find(({ figura }) => figura === "receita");
  row.dataset.dia = dia;
  day.textContent = formatDate(dia);
  amount.textContent = revenue ? figureTexts(revenue).difference : "–";
}
