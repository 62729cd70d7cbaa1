// Boxes that scroll sideways (code, tables, formulas, wide outputs) must be reachable by keyboard, at any width.
(() => {
  const BOXES = "article :is(.highlight pre, .pst-scrollable-table-container, div.math, .text_html)";

  function mark() {
    for (const box of document.querySelectorAll(BOXES)) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }

  addEventListener("load", () => {
    const watcher = new ResizeObserver(mark); // formulas grow when they are drawn, code when a tab shows it
    for (const box of document.querySelectorAll(BOXES)) watcher.observe(box);
  });
})();

// The theme's switches in the list of pages have no name of their own.
addEventListener("DOMContentLoaded", () => {
  for (const link of document.querySelectorAll(".bd-links .has-children > a")) {
    link.parentElement.querySelector("summary")?.setAttribute("aria-label", `Pages under ${link.textContent.trim()}`);
  }
});
