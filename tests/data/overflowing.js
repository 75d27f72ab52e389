() => {
  const wider = [...document.querySelectorAll("body *")].filter((e) => {
    const clips = ["hidden", "clip"].includes(getComputedStyle(e).overflowX);
    return !clips && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0;
  });
  const page = document.documentElement;
  const names = wider.map((e) => e.id || e.className || e.tagName);
  return JSON.stringify(page.scrollWidth > page.clientWidth ? ["page", ...names] : names);
}
