// As abas da página: setas, Home e End andam entre elas, e a escolhida fica no endereço.

/** `onShow` diz, pelo id do painel, o que fazer cada vez que ele aparece. */
export function startTabs(tablist, onShow) {
  const tabs = [...tablist.querySelectorAll("[role=tab]")];
  const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));

  function select(chosen) {
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", tab === chosen);
      tab.tabIndex = tab === chosen ? 0 : -1;
      panelOf(tab).hidden = tab !== chosen;
    }
    onShow[panelOf(chosen).id]();
  }

  function choose(tab) {
    tab.focus();
    if (tab.getAttribute("aria-selected") === "true") return;
    history.replaceState(null, "", `#${panelOf(tab).id}`);
    select(tab);
  }

  function ofTheAddress() {
    const found = tabs.find((tab) => `#${panelOf(tab).id}` === location.hash);
    if (found) select(found);
  }

  tablist.addEventListener("click", ({ target }) => tabs.includes(target) && choose(target));
  tablist.addEventListener("keydown", (event) => {
    const next = nextPlace(event.key, tabs.indexOf(document.activeElement), tabs.length);
    if (next === null) return;
    event.preventDefault();
    choose(tabs[next]);
  });
  addEventListener("hashchange", ofTheAddress);
  ofTheAddress();
}

/** Decisão pura: a que aba a tecla leva, ou `null` quando a nenhuma. */
export function nextPlace(key, place, count) {
  switch (key) {
    case "ArrowRight": return (place + 1) % count;
    case "ArrowLeft": return (place - 1 + count) % count;
    case "Home": return 0;
    case "End": return count - 1;
    default: return null;
  }
}
