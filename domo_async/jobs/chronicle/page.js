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

  // The part of the job that is shown: both are shares of the whole.
  const timeline = document.getElementById("timeline");
  const drawn = Array.from(timeline.querySelectorAll("svg.zoom"));
  let from = 0;
  let span = 1;

  function zoom(newFrom, newSpan) {
    span = Math.min(1, Math.max(newSpan, 1 / 2000));
    from = Math.min(1 - span, Math.max(0, newFrom));
    for (const one of drawn) {
      one.setAttribute("x", `${-100 * from / span}%`);
      one.setAttribute("width", `${100 / span}%`);
    }
    timeline.classList.toggle("zoomed", span < 1);
  }

  const moves = {
    in: () => zoom(from + span / 4, span / 2),
    out: () => zoom(from - span / 2, span * 2),
    left: () => zoom(from - span / 2, span),
    right: () => zoom(from + span / 2, span),
    whole: () => zoom(0, 1),
  };
  for (const button of controls.querySelectorAll("button")) {
    button.addEventListener("click", moves[button.dataset.zoom]);
  }
  for (const chart of timeline.querySelectorAll(".chart")) {
    const place = (event) => {
      const box = chart.getBoundingClientRect();
      return from + span * Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    };
    let begin = null;
    chart.addEventListener("pointerdown", (event) => {
      begin = place(event);
      chart.setPointerCapture(event.pointerId);
    });
    chart.addEventListener("pointerup", (event) => {
      const end = place(event);
      if (begin !== null && Math.abs(end - begin) > span / 50) zoom(Math.min(begin, end), Math.abs(end - begin));
      begin = null;
    });
    chart.addEventListener("pointercancel", () => { begin = null; });
    chart.addEventListener("dblclick", moves.whole);
  }

  for (const control of [which, order]) control.addEventListener("change", apply);
  search.addEventListener("input", apply);
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.hidden = false;
  apply();
})();
