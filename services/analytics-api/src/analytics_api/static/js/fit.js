// Um texto que não cabe na largura do seu cartão encolhe até caber.

export function fit(element) {
  element.style.fontSize = "";
  const { clientWidth: room, scrollWidth: needed } = element;
  if (needed <= room) return;
  const size = Number.parseFloat(getComputedStyle(element).fontSize);
  element.style.fontSize = `${(size * room) / (needed + 1)}px`;
}

/** Também quando a largura muda. Só no quadro seguinte, pois o que encolhe muda a altura da página. */
export function fitAtEveryWidth(elements) {
  let width = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width === width) return;
    width = contentRect.width;
    requestAnimationFrame(() => elements.forEach(fit));
  }).observe(document.body);
}
