/* What the pages gain from a script: "/" goes to the search, code can be copied, times age, open folds stay
   open, and the foot says whether the page still follows. Every page works without it. */
(() => {
  "use strict";
  const UNITS = { ms: 1, s: 1000 };
  const icon = (name) => {
    const svg = document.querySelector(".brand svg").cloneNode(true);
    const use = svg.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
    return svg;
  };

  // The server's clock, not the reader's, says how old something is.
  let ahead = 0;
  const setClock = () => {
    const pulse = document.getElementById("pulse");
    if (pulse && pulse.dataset.now) ahead = Number(pulse.dataset.now) * UNITS.s - Date.now();
  };
  const age = () => {
    const now = new Date(Date.now() + ahead);
    for (const time of document.querySelectorAll("time[data-print]")) {
      const then = new Date(time.dateTime);
      const seconds = Math.max(0, Math.floor((now - then) / UNITS.s));
      const isToday = now.toISOString().slice(0, 10) === then.toISOString().slice(0, 10);
      let said = null;
      if (seconds < 60) said = `${seconds} s ago`;
      else if (seconds < 3600) said = `${Math.floor(seconds / 60)} min ago`;
      else if (isToday) said = `${Math.floor(seconds / 3600)} h ago`;
      else if (/ago$/.test(time.textContent)) said = time.dataset.print;
      if (said !== null && said !== time.textContent) time.textContent = said;
    }
  };

  // The foot: checked when, or lost since when.
  let checked = Date.now();
  let lost = null;
  const say = () => {
    const foot = document.getElementById("live");
    const follows = document.querySelector("#pulse[hx-get]");
    if (!foot || !(follows || "live" in foot.dataset)) return;
    if (!foot.querySelector("svg")) {
      // It had settled and follows again, since somebody asked for something.
      foot.dataset.live = "";
      foot.className = "live";
      foot.prepend(icon("live"));
      foot.querySelector("svg").setAttribute("class", "icon");
    }
    const seconds = Math.floor((Date.now() - (lost || checked)) / UNITS.s);
    const words = lost
      ? `Connection lost ${seconds} s ago, trying again`
      : follows ? `Live, checked ${seconds} s ago` : "Up to date, nothing is moving";
    foot.classList.toggle("live--lost", Boolean(lost));
    if (Boolean(foot.dataset.lost) !== Boolean(lost)) {
      foot.dataset.lost = lost ? "yes" : "";
      foot.querySelector("svg").replaceWith(icon(lost ? "invalid" : "live"));
      foot.querySelector("svg").setAttribute("class", "icon");
      foot.setAttribute("role", lost ? "alert" : "presentation");
    }
    const text = foot.lastElementChild;
    if (text.textContent !== words) text.textContent = words;
  };
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) { checked = Date.now(); lost = null; } else lost = lost || Date.now();
    say();
  });
  // A page that nobody looks at does not ask; it asks at once when it is looked at again.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.detail.elt.id === "pulse") event.preventDefault();
  });

  // Folds that a reader opened or closed stay so when their surroundings are replaced.
  let folds = new Map();
  document.addEventListener("htmx:beforeSwap", () => {
    folds = new Map([...document.querySelectorAll("main details[id]")].map((fold) => [fold.id, fold.open]));
  });
  document.addEventListener("htmx:afterSettle", () => {
    say();
    // What was said at first gives way, once read, to what has come of it.
    setTimeout(() => { for (const notice of document.querySelectorAll("[data-passing]")) notice.remove(); }, 4 * UNITS.s);
    for (const [id, open] of folds) {
      const fold = document.getElementById(id);
      if (fold && fold.open !== open) fold.open = open;
    }
    setClock();
    age();
    offerCopies();
  });

  // Rows that are ticked stay so when they are replaced, and the bar says how many there are.
  let ticked = new Set();
  const ticks = (within = document) => [...within.querySelectorAll("tbody .tick-cell input")];
  const countTicks = () => {
    for (const bar of document.querySelectorAll("main .bulk")) {
      const form = bar.closest("form");
      const many = ticks(form).filter((tick) => tick.checked).length;
      const words = form.querySelector(".bulk [name=all]:checked") ? "All that match" : `${many} selected`;
      const text = bar.querySelector("strong");
      if (text.textContent !== words) text.textContent = words;
      const all = form.querySelector("[data-tick-all]");
      if (!all) continue;
      all.hidden = false;
      all.checked = many > 0 && many === ticks(form).length;
      all.indeterminate = many > 0 && !all.checked;
    }
  };
  document.addEventListener("htmx:beforeSwap", () => {
    ticked = new Set(ticks().filter((tick) => tick.checked).map((tick) => `${tick.name}=${tick.value}`));
  });
  document.addEventListener("htmx:oobAfterSwap", () => {
    for (const tick of ticks()) if (ticked.has(`${tick.name}=${tick.value}`)) tick.checked = true;
    countTicks();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) {
      for (const tick of ticks(event.target.closest("form"))) tick.checked = event.target.checked;
    }
    countTicks();
  });
  // What the browser ticked again on the way back.
  window.addEventListener("pageshow", countTicks);

  // A field that is checked while somebody types keeps its focus and its text: only what is wrong with it is new.
  const markFields = () => {
    for (const place of document.querySelectorAll("form[hx-post] .problem-place")) {
      const field = document.querySelector(`[aria-describedby~="${place.id}"]`);
      if (!field) continue;
      if (place.firstElementChild) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  };
  document.addEventListener("htmx:afterSettle", markFields);
  document.addEventListener("htmx:afterRequest", (event) => {
    const lost = document.getElementById("check-lost");
    if (lost && event.detail.elt.id === "hand") lost.hidden = event.detail.successful;
  });

  const offerCopies = () => {
    if (!navigator.clipboard) return;
    for (const button of document.querySelectorAll("button[data-copy][hidden]")) button.hidden = false;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const words = button.lastChild.textContent;
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.lastChild.textContent = "Copied";
    } catch {
      button.lastChild.textContent = "Not allowed";
    }
    setTimeout(() => { button.lastChild.textContent = words; }, 2 * UNITS.s);
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.getElementById("search");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
    if (event.key === "Escape") {
      const open = event.target.closest("details.menu[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  setClock();
  offerCopies();
  countTicks();
  say();
  setInterval(() => { age(); say(); }, UNITS.s);
})();
