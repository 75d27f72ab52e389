() => {
  const figures = ".numeros p, .cabeca .nota, .quanto, .resta, .nivel, #abandonados, #sem-noticia, .fatos > *";
  const shown = [...document.querySelectorAll(figures)].filter((e) => e.checkVisibility());
  const cut = shown.filter((e) => {
    const range = document.createRange();
    range.selectNodeContents(e);
    const text = range.getBoundingClientRect();
    const rooms = [e, e.closest(".cartao, dialog")].map((room) => room.getBoundingClientRect());
    return rooms.some((room) => text.left < room.left - 0.5 || text.right > room.right + 0.5);
  });
  return cut.map((e) => e.id || `${e.className}: ${e.textContent}`);
}
