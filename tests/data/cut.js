() => {
  const cut = [...document.querySelectorAll(".numeros p")].filter((p) => {
    const range = document.createRange();
    range.selectNodeContents(p);
    const [text, room] = [range.getBoundingClientRect(), p.getBoundingClientRect()];
    return text.left < room.left - 0.5 || text.right > room.right + 0.5;
  });
  return cut.map((p) => p.id);
}
