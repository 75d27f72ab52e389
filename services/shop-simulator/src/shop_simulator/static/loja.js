'use strict';

window.vitrine = window.vitrine || function () { (vitrine.q = vitrine.q || []).push(arguments); };

const byId = (id) => document.getElementById(id);
const money = new Intl.NumberFormat('pt-BR', { style: 'currency', currency: 'BRL' });
const cart = new Map(); // id_produto -> { product, quantity }

/** A product as its list item tells it; cents, so that sums are exact. */
function productOf(item) {
  const { id, nome, categoria, preco } = item.dataset;
  return { id, nome, categoria, preco, cents: Math.round(preco * 100) };
}

function look(product) {
  vitrine('clique', { id_produto: product.id });
  byId('nome').textContent = product.nome;
  byId('categoria').textContent = product.categoria;
  byId('preco').textContent = money.format(product.preco);
  byId('por').onclick = () => {
    byId('detalhe').close();
    put(product);
  };
  byId('detalhe').showModal();
}

function put(product) {
  const line = cart.get(product.id) || { product, quantity: 0 };
  cart.set(product.id, { product, quantity: line.quantity + 1 });
  vitrine('adicao_carrinho', { id_produto: product.id });
  show(`${product.nome} está no carrinho.`);
}

function lineItem({ product, quantity }) {
  const item = document.createElement('li');
  const text = document.createElement('span');
  text.textContent = `${quantity} × ${product.nome}`;
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Tirar';
  button.setAttribute('aria-label', `Tirar do carrinho: ${product.nome}`);
  button.onclick = () => {
    cart.delete(product.id);
    show(`${product.nome} saiu do carrinho.`);
  };
  item.append(text, button);
  return item;
}

function total() {
  return [...cart.values()].reduce((sum, line) => sum + line.quantity * line.product.cents, 0) / 100;
}

function show(notice) {
  byId('linhas').replaceChildren(...[...cart.values()].map(lineItem));
  byId('total').textContent = money.format(total());
  byId('comprar').disabled = cart.size === 0;
  byId('aviso').textContent = notice;
}

/** Random and short: it tells orders of one page apart. */
function orderNumber() {
  const parts = crypto.getRandomValues(new Uint32Array(2));
  return `loja-${[...parts].map((part) => part.toString(36)).join('')}`;
}

function buy() {
  const id_pedido = orderNumber();
  const lines = [...cart.values()].map(({ product, quantity }, index) => ({
    id_evento: `${id_pedido}/${index + 1}`,
    id_pedido,
    id_produto: product.id,
    quantidade: quantity,
    preco: product.preco,
  }));
  vitrine('compra', lines);
  const notice = `Pedido ${id_pedido} feito: ${money.format(total())}. Veja no painel ao vivo.`;
  cart.clear();
  show(notice);
}

for (const item of document.querySelectorAll('.produtos li')) {
  const product = productOf(item);
  item.querySelector('.ver').onclick = () => look(product);
  item.querySelector('.adicionar').onclick = () => put(product);
}
byId('fechar').onclick = () => byId('detalhe').close();
byId('comprar').onclick = buy;
byId('cliente').onchange = ({ target }) => vitrine('cliente', target.value || null);
byId('cliente').onchange({ target: byId('cliente') }); // a browser may restore what was chosen
byId('nao-rastrear').hidden = !(navigator.doNotTrack === '1' || navigator.globalPrivacyControl);
