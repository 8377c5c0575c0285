
"use strict";
// Draws each chart from the data in the page; the numbers are also in a table below it.
(function () {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  function draw() {
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--ink").trim();
    const line = style.getPropertyValue("--line").trim();
    const config = {
      background: "transparent",
      title: { color: ink },
      axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: line, tickColor: line },
      legend: { labelColor: ink, titleColor: ink },
      header: { labelColor: ink, titleColor: ink },
      text: { color: ink },
      view: { stroke: line }
    };
    for (const holder of document.querySelectorAll(".chart")) {
      const spec = JSON.parse(document.getElementById(holder.dataset.spec).textContent);
      delete spec.title;
      vegaEmbed(holder, spec, { ast: true, renderer: "svg", actions: false, config: config })
        .then(function () { holder.dataset.drawn = "yes"; })
        .catch(function (error) { holder.textContent = "This chart could not be drawn: " + error.message; });
    }
  }
  draw();
  dark.addEventListener("change", draw);
})();
