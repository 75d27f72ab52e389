(id) => {
  const chart = window.echarts.getInstanceByDom(document.getElementById(id));
  const texts = chart.getZr().storage.getDisplayList(true).filter((e) => e.type === "tspan");
  const cut = texts.filter((e) => {
    const rect = e.getBoundingRect().clone();
    if (e.transform) rect.applyTransform(e.transform);
    return rect.x < -0.5 || rect.x + rect.width > chart.getWidth() + 0.5;
  });
  return { texts: texts.map((e) => e.style.text), cut: cut.map((e) => e.style.text) };
}
