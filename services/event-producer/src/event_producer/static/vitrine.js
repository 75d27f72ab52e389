// Vitrine's tracker; see docs/tracker.md
(() => {
  'use strict';
  if (window.vitrine?.loaded) return;

  const EVENT = 'vitrine:'; // + id_evento
  const VISITOR = 'vitrine-visitante';
  const SESSION = 'vitrine-sessao';
  const CONSENT = 'vitrine-consentimento';
  const SESSION_MS = 18e5;
  const LONGEST_WAIT_MS = 6e4;
  const MAX_EVENTS = 500;
  const MAX_CHARS = 2e4; // a beacon has 65,536 bytes
  const FIELDS = ['id_produto', 'id_pedido', 'quantidade', 'preco', 'id_evento', 'versao'];
  const NEEDED = { clique: 1, adicao_carrinho: 1, compra: 4 }; // of the first FIELDS

  const { src, dataset } = document.currentScript || {};
  const settings = { endereco: src && new URL('eventos?parcial=true', src), espera: 1000, ...dataset };
  const queue = new Map(); // by id_evento
  const busy = new Set(); // ids under way
  const kept = new Set(); // ids in localStorage
  let customer, decision, timer, visitor;
  let session = '';
  let failures = 0;

  const warn = (...words) => console.warn('vitrine:', ...words);
  const now = () => new Date().toISOString();
  const fits = (value) => /^(str|num)/.test(typeof value) && /^.{1,128}$/s.test(value);

  // Storage may be forbidden or full.
  const attempt = (action) => {
    try {
      return action();
    } catch {}
  };
  const read = (key) => attempt(() => localStorage.getItem(key));
  const write = (key, text) => attempt(() => (localStorage.setItem(key, text), true));
  const remove = (key) => attempt(() => localStorage.removeItem(key));
  const keys = () => attempt(() => Object.keys(localStorage)) || [];

  const refused = () => navigator.doNotTrack === '1' || navigator.globalPrivacyControl;
  const asks = () => settings.consentimento === 'pedir';
  // false: neither store nor send; undefined: hold in memory.
  const permission = () => !refused() && (decision ?? (asks() ? undefined : true));

  // randomUUID needs HTTPS.
  const uuid = () =>
    '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit) =>
      (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16),
    );

  const cookie = (value, seconds) =>
    attempt(() => {
      if (!settings.cookie) return;
      const flags = `;Path=/;SameSite=Lax;Domain=${settings.cookie}${isSecureContext ? ';Secure' : ''}`;
      if (seconds != null) document.cookie = `${VISITOR}=${value};Max-Age=${seconds}${flags}`;
      return document.cookie.match(VISITOR + '=([^;]+)')?.[1];
    });

  function identify() {
    return customer || (visitor = visitor || cookie() || read(VISITOR) || 'anonimo-' + uuid());
  }

  // Of all tabs, until half an hour without events.
  function visit() {
    let [id, at] = (read(SESSION) || session).split(' ');
    if (!(Date.now() - at < SESSION_MS)) id = uuid();
    session = id + ' ' + Date.now();
    return id;
  }

  function keep(event) {
    const id = event.id_evento;
    if (visitor) write(VISITOR, cookie(visitor, 31536e3) || visitor);
    write(SESSION, session);
    if (write(EVENT + id, JSON.stringify(event))) kept.add(id);
  }

  function forget(id) {
    [queue, busy, kept].forEach((each) => each.delete(id));
    remove(EVENT + id);
  }

  function forgetAll() {
    [queue, busy, kept].forEach((each) => each.clear());
    keys().forEach((key) => /^vitrine(:|-[vs])/.test(key) && remove(key));
    cookie('', 0);
    visitor = session = '';
  }

  function add(event) {
    queue.set(event.id_evento, event);
    if (queue.size > MAX_EVENTS) forget(queue.keys().next().value);
  }

  // Left by other pages.
  function load() {
    keys()
      .filter((key) => key.startsWith(EVENT))
      .map((key) => attempt(() => JSON.parse(read(key))) || {})
      .filter((event) => event.id_evento)
      .sort((one, other) => (one.timestamp < other.timestamp ? -1 : 1))
      .forEach((event) => {
        kept.add(event.id_evento);
        add(event);
      });
    schedule(settings.espera);
  }

  function schedule(wait) {
    if (!timer && permission() && queue.size > busy.size) timer = setTimeout(send, wait);
  }

  // For one request.
  function take() {
    const ids = [];
    const texts = [];
    let chars = 0;
    if (!settings.endereco) warn('no endereco');
    for (const [id, event] of permission() && settings.endereco ? queue : []) {
      if (kept.has(id) && read(EVENT + id) === null) forget(id); // answered to another tab
      else if (!busy.has(id)) {
        const text = JSON.stringify({ ...event, enviado_em: now() });
        chars += text.length;
        if (ids[0] && chars > MAX_CHARS) break;
        ids.push(id);
        texts.push(text);
        busy.add(id);
      }
    }
    return [ids, `[${texts}]`];
  }

  const post = (body) =>
    fetch(settings.endereco, { method: 'POST', body, keepalive: true, credentials: 'omit' });

  async function send() {
    timer = clearTimeout(timer);
    const [ids, body] = take();
    if (!ids[0]) return;
    const answer = await post(body).catch(() => ({}));
    if (/^(202|4(?!08|29))/.test(answer.status)) {
      ids.forEach(forget);
      failures = 0;
      schedule(0);
      const told = await answer.json().catch(() => {});
      if (!answer.ok || told?.erros?.[0]) warn('refused:', told);
    } else {
      ids.forEach((id) => busy.delete(id));
      const asked = Math.min(1000 * answer.headers?.get('Retry-After') || 0, 1e9);
      const wait = Math.min(1000 * 2 ** failures++, LONGEST_WAIT_MS);
      schedule(asked + (wait * (1 + Math.random())) / 2);
    }
  }

  // Nobody reads the answer: the next page sends them again.
  function leave() {
    const [ids, body] = take();
    if (!ids[0]) return;
    if (!attempt(() => navigator.sendBeacon(settings.endereco, body))) post(body).catch(() => {});
    leave();
  }

  function decide(granted) {
    decision = granted;
    if (!granted) forgetAll();
    if (granted || !asks()) write(CONSENT, granted);
    else remove(CONSENT);
    if (granted) {
      queue.forEach(keep);
      load();
    }
  }

  function track(type, given) {
    const event = { id_evento: uuid(), tipo_evento: type, timestamp: now() };
    for (const [index, name] of FIELDS.entries()) {
      const value = given[name];
      if (fits(value)) event[name] = value;
      else if (value != null || index < NEEDED[type]) return warn('wrong', name, type, given);
    }
    if (permission() === false) return;
    event.id_usuario = identify();
    event.id_sessao = visit();
    add(event);
    if (permission()) keep(event);
    schedule(settings.espera);
  }

  function call(name, data) {
    if (Object.hasOwn(NEEDED, name)) [].concat(data).forEach((each) => track(name, each));
    else if (name === 'cliente') {
      customer = fits(data) && `${data}`;
      if (data && !customer) warn('wrong', name, data);
    }
    else if (name === 'configurar') Object.assign(settings, data);
    else if (name !== 'consentimento') warn('wrong call:', name);
    else if (!refused()) decide(data === true);
  }

  const vitrine = (...words) => {
    try {
      call(...words);
    } catch (error) {
      warn(error);
    }
  };

  const q = window.vitrine?.q || [];
  vitrine.loaded = true;
  window.vitrine = vitrine;
  const known = read(CONSENT);
  if (known) decision = known === 'true';
  q.forEach((words) => vitrine(...words));
  if (permission() === false) forgetAll();
  load();

  addEventListener('online', send);
  addEventListener('pagehide', leave);
  // A hidden page still reads the answer.
  addEventListener('visibilitychange', () => document.hidden && send());
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) {
      busy.clear();
      load();
    }
  });
  addEventListener('storage', ({ key, newValue }) => {
    if (key === CONSENT && (newValue || asks())) decide(newValue === 'true');
  });
})();
