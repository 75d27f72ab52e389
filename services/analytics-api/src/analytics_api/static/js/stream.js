// A ligação com o servidor: refaz-se sozinha, também quando cai sem avisar.

const SILENCE_MS = 6000; // o servidor fala a cada segundo
const RETRY_MS = [500, 1000, 2000, 3000];

/**
 * Mantém `/metricas/tempo_real/stream` aberto para sempre.
 * onView(view, changed): o quadro inteiro e as chaves que mudaram; onLost(): a ligação caiu.
 */
export function follow(url, { onView, onLost }) {
  let source = null;
  let view = {};
  let failures = 0;
  let watchdog = 0;

  function hear(event, whole) {
    const changed = JSON.parse(event.data);
    view = whole ? changed : { ...view, ...changed };
    failures = 0;
    watch();
    onView(view, changed);
  }

  function watch() {
    clearTimeout(watchdog);
    watchdog = setTimeout(lose, SILENCE_MS);
  }

  function lose() {
    clearTimeout(watchdog);
    source?.close();
    source = null;
    onLost();
    const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
    failures += 1;
    setTimeout(open, wait);
  }

  function open() {
    const opened = new EventSource(url);
    source = opened;
    const ifCurrent = (act) => (event) => opened === source && act(event);
    opened.addEventListener("snapshot", ifCurrent((event) => hear(event, true)));
    opened.addEventListener("mudanca", ifCurrent((event) => hear(event, false)));
    opened.addEventListener("error", ifCurrent(lose));
    watch();
  }

  open();
}
