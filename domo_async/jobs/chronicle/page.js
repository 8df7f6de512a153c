"use strict";
(() => {
  const list = document.getElementById("rows");
  const controls = document.getElementById("controls");
  if (!list || !controls) return;
  const which = document.getElementById("which");
  const order = document.getElementById("order");
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const rows = Array.from(list.children);
  const short = Number(which.dataset.short);
  const tests = {
    all: () => true,
    telling: (row) => Number(row.dataset.rank) < short,
    failed: (row) => row.classList.contains("failed"),
    unfinished: (row) => row.classList.contains("unfinished"),
    again: (row) => Number(row.dataset.again) > 0,
  };
  const compare = {
    begun: (a, b) => a.dataset.begun - b.dataset.begun,
    seconds: (a, b) => b.dataset.seconds - a.dataset.seconds,
    bytes: (a, b) => b.dataset.bytes - a.dataset.bytes,
    name: (a, b) => a.dataset.name.localeCompare(b.dataset.name),
  };

  function apply() {
    const text = search.value.trim().toLowerCase();
    // Whoever looks for a name looks for it among all.
    const test = text && which.value === "telling" ? tests.all : tests[which.value];
    let count = 0;
    for (const row of rows) {
      const found = !text || row.dataset.name.includes(text) || row.dataset.id.toLowerCase().includes(text);
      row.hidden = !(found && test(row));
      count += row.hidden ? 0 : 1;
    }
    list.append(...rows.slice().sort(compare[order.value]));
    shown.textContent = count === rows.length ? `${count} DataSets` : `${count} of ${rows.length} DataSets`;
  }

  for (const control of [which, order]) control.addEventListener("change", apply);
  search.addEventListener("input", apply);
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.hidden = false;
  apply();
})();
