// Números, dinheiro, horas e nomes como se escrevem no Brasil.

const LOCALE = "pt-BR";
const integer = new Intl.NumberFormat(LOCALE);
const oneDecimal = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const money = new Intl.NumberFormat(LOCALE, { style: "currency", currency: "BRL" });
const shortMoney = new Intl.NumberFormat(LOCALE, {
  style: "currency",
  currency: "BRL",
  notation: "compact",
  maximumFractionDigits: 1,
});

export const formatInteger = (value) => integer.format(value);
export const formatMoney = (value) => money.format(value);
export const formatShortMoney = (value) => shortMoney.format(value);

/** As médias de um dia; não há nenhuma quando mais foi devolvido do que vendido. */
export function averages({ pedidos, unidades, total }) {
  if (total < 0 || unidades < 0) return { ticket: "devoluções acima das vendas", perOrder: "\u00a0" };
  if (!pedidos) return { ticket: "nenhum ainda", perOrder: "\u00a0" };
  return {
    ticket: `em média ${formatMoney(total / pedidos)}`,
    perOrder: `em média ${oneDecimal.format(unidades / pedidos)} por pedido`,
  };
}

export function formatTime(iso, timeZone, { seconds = false } = {}) {
  const second = seconds ? "2-digit" : undefined;
  const options = { hour: "2-digit", minute: "2-digit", second, timeZone };
  return new Date(iso).toLocaleTimeString(LOCALE, options);
}

export function formatDay(isoDay) {
  const noon = new Date(`${isoDay}T12:00:00Z`);
  const options = { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" };
  return noon.toLocaleDateString(LOCALE, options);
}

/** "mai/2025", do primeiro dia do mês. */
export function formatMonth(isoDay) {
  const date = new Date(`${isoDay}T12:00:00Z`);
  const month = date.toLocaleDateString(LOCALE, { month: "short", timeZone: "UTC" });
  return `${month.replace(".", "")}/${date.getUTCFullYear()}`;
}

/** "14/05/2025". */
export const formatDate = (isoDay) => isoDay.split("-").reverse().join("/");

/** "14/05/2025, 06:00". */
export function formatMoment(iso, timeZone) {
  return new Date(iso).toLocaleString(LOCALE, { dateStyle: "short", timeStyle: "short", timeZone });
}

export function formatAge(seconds) {
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

/** O mesmo desde um momento, ambos em ISO 8601 e milissegundos; nunca negativo. */
export const formatSince = (iso, now) => `há ${formatAge(Math.max(0, (now - Date.parse(iso)) / 1000))}`;

const percent = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 1 });
export const formatShare = (part, whole) => percent.format(whole > 0 ? part / whole : 0);

const changed = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" });
/** "+12%", "−8%": com o sinal de menos, que os leitores de tela não omitem como a um hífen. */
export const formatChange = (share) => changed.format(share).replace("-", "\u2212");

const signed = { signDisplay: "exceptZero" };
const signedMoney = new Intl.NumberFormat(LOCALE, { style: "currency", currency: "BRL", ...signed });
const signedInteger = new Intl.NumberFormat(LOCALE, signed);
/** "+R$ 200,50", "−3": com o mesmo sinal de menos. */
export const formatMoneyChange = (value) => signedMoney.format(value).replace("-", "\u2212");
export const formatIntegerChange = (value) => signedInteger.format(value).replace("-", "\u2212");

/** Tempo que resta, arredondado para baixo: "45 min", "7 h", "2 dias". */
export function formatLeft(seconds) {
  if (seconds < 60) return "menos de 1 min";
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${formatInteger(Math.floor(seconds / 86_400))} dias`;
}

/** "1 item", "2,5 itens". */
export const formatUnits = (units) => `${oneDecimal.format(units)} ${units === 1 ? "item" : "itens"}`;

/** Quanto dura o estoque; `null` quando nada se vende. */
export const formatDays = (days) => (days === null ? "nada se vende" : formatLeft(days * 86_400));

export const formatPace = (perHour) => `${oneDecimal.format(perHour)} por hora`;

/** Um produto que o catálogo da loja não tem mostra o seu id. */
export const productName = ({ nome, id_produto }) => nome ?? id_produto;
