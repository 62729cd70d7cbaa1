// Boxes that scroll sideways (tables, formulas, wide outputs) must be reachable by keyboard; the theme sees to code only.
(() => {
  const BOXES = "article :is(.pst-scrollable-table-container, div.math, .text_html)";

  function mark() {
    for (const box of document.querySelectorAll(BOXES)) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }

  addEventListener("load", () => {
    const watcher = new ResizeObserver(mark); // formulas grow when they are drawn, tables when a tab shows them
    for (const box of document.querySelectorAll(BOXES)) watcher.observe(box);
  });
})();
