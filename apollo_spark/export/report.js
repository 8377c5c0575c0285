
"use strict";
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const articles = [...document.querySelectorAll("article[data-rule]")].map((element) => ({
    element,
    rule: element.dataset.rule,
    severity: element.closest("[data-severity]").dataset.severity,
    heading: element.querySelector("header").textContent.toLowerCase(),
    rows: [...element.querySelectorAll("tr[data-entity]")].map((row) => ({ row, text: null })),
  }));
  const groups = [...document.querySelectorAll("[data-severity]")];
  const total = articles.reduce((sum, article) => sum + article.rows.length, 0);
  const output = form.querySelector("output");
  const unfold = document.getElementById("unfold");

  const textOf = (entry) => (entry.text ??= entry.row.textContent.toLowerCase());

  function apply() {
    const { text, severity, entity, rule } = Object.fromEntries(new FormData(form));
    const words = (text ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const article of articles) {
      const isAsked = (!rule || article.rule === rule)
        && (!severity || article.severity === severity);
      let kept = 0;
      for (const entry of article.rows) {
        const isKept = isAsked && (!entity || entry.row.dataset.entity === entity)
          && words.every((word) => article.heading.includes(word) || textOf(entry).includes(word));
        entry.row.hidden = !isKept;
        kept += isKept;
      }
      article.element.hidden = kept === 0;
      shown += kept;
    }
    for (const group of groups) group.hidden = !group.querySelector("article:not([hidden])");
    output.value = shown === total
      ? `${total.toLocaleString("en")} findings on this page`
      : `${shown.toLocaleString("en")} of ${total.toLocaleString("en")} findings shown`;
  }

  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  unfold.addEventListener("click", () => {
    const isOpen = unfold.getAttribute("aria-pressed") !== "true";
    unfold.setAttribute("aria-pressed", String(isOpen));
    unfold.textContent = isOpen ? "Fold all" : "Unfold all";
    for (const each of document.querySelectorAll("article details")) each.open = isOpen;
  });
  form.hidden = false;
  apply();
})();
