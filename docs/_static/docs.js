// Filters a table of figures as the reader types, and lets the keyboard reach what scrolls. All is shown without it.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  document.querySelector("aside.sidebar-drawer")?.setAttribute("aria-label", "All pages");
  document.querySelector("aside.toc-drawer")?.setAttribute("aria-label", "This page");
  for (const block of document.querySelectorAll(".highlight pre, div.math, .table-wrapper")) {
    if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
  }
  const field = document.getElementById("filter");
  if (!field) return;
  field.closest("p").hidden = false;
  const rows = [...document.querySelectorAll("#figures tbody tr")].map((row) => [row, row.textContent.toLowerCase()]);
  const told = document.getElementById("filtered");
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let many = 0;
    for (const [row, text] of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      many += row.hidden ? 0 : 1;
    }
    told.textContent = `${many.toLocaleString("en")} of ${rows.length.toLocaleString("en")} figures`;
  });
});
