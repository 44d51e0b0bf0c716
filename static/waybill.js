/* What the pages gain from a script: keys, code that can be copied, times that age and are in the reader's zone, what
   is open, ticked, focused or scrolled stays so while a page follows, and the foot says whether it does. Every page
   works without it. */
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
  // The reader's zone goes along with what is asked from now on; the server says which one it writes times in.
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const rememberZone = () => {
    if (!/^[\w+/-]{1,64}$/.test(here || "")) return;
    const guarded = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `waybill-zone=${here}; path=/; max-age=31536000; samesite=lax${guarded}`;
    const written = document.querySelector("#zone [data-zone]");
    const offer = document.querySelector("#zone [data-zone-offer]");
    if (!offer || "chosen" in written.dataset || written.dataset.zone === here) return;
    offer.href = location.href;
    offer.hidden = false;
    offer.textContent = `Show them in ${here}`;
  };
  let dayOf = null;
  const isSameDay = (one, other) => {
    const written = document.querySelector("#zone [data-zone]");
    const zone = written ? written.dataset.zone : "UTC";
    if (!dayOf || dayOf.zone !== zone) dayOf = { zone, format: new Intl.DateTimeFormat("en-CA", { timeZone: zone }) };
    return dayOf.format.format(one) === dayOf.format.format(other);
  };
  const age = () => {
    const now = new Date(Date.now() + ahead);
    for (const time of document.querySelectorAll("time[data-print]")) {
      const then = new Date(time.dateTime);
      const seconds = Math.max(0, Math.floor((now - then) / UNITS.s));
      let said = null;
      if (seconds < 60) said = `${seconds} s ago`;
      else if (seconds < 3600) said = `${Math.floor(seconds / 60)} min ago`;
      else if (seconds < 86400 && isSameDay(now, then)) said = `${Math.floor(seconds / 3600)} h ago`;
      else if (/ago$/.test(time.textContent)) said = time.dataset.print;
      if (said !== null && said !== time.textContent) time.textContent = said;
    }
    for (const time of document.querySelectorAll("time[data-until]")) {
      const left = Math.max(0, Math.ceil((new Date(time.dateTime) - now) / UNITS.s));
      const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor((left % 3600) / 60), left % 60];
      const said = [hours && `${hours} h`, minutes && `${minutes} min`, (seconds || !left) && !hours && `${seconds} s`];
      time.textContent = left ? `in ${said.filter(Boolean).join(" ")}` : "now";
    }
  };

  // The foot: checked when, held, or lost since when and why.
  const HELD = 60 * UNITS.s;
  let checked = Date.now();
  let lost = null;
  let back = 0;
  let held = false;
  const ago = (then) => `${Math.floor((Date.now() - then) / UNITS.s)} s ago`;
  const WHY = {
    gone: (then) => `Connection lost ${ago(then)}, trying again`,
    offline: (then) => `This computer went offline ${ago(then)}, what is shown stays`,
    failing: (then) => `Waybill answers with errors, the first ${ago(then)}, trying again`,
    out: () => "You are signed out, so this page stands still. Load it again to sign in",
    barred: () => "This page is not open to you any more, or is gone. Load it again to see",
  };
  const words = (follows) => {
    if (lost) return WHY[lost.why](lost.at);
    if (!follows) return "Up to date, nothing is moving";
    if (held) return `Held while you select text, checked ${ago(checked)}`;
    return `${Date.now() - back < 5 * UNITS.s ? "Live again" : "Live"}, checked ${ago(checked)}`;
  };
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
    foot.classList.toggle("live--lost", Boolean(lost));
    const why = lost ? lost.why : "";
    if ((foot.dataset.lost || "") !== why) {
      foot.querySelector("svg").replaceWith(icon(lost ? "invalid" : "live"));
      foot.querySelector("svg").setAttribute("class", "icon");
      // Losing it and having it back are each said aloud once, the seconds in between are not.
      const aloud = document.getElementById("live-aloud");
      if (aloud) aloud.textContent = lost ? words(follows) : foot.dataset.lost ? "Live again" : "";
      foot.dataset.lost = why;
    }
    const text = foot.lastElementChild;
    const said = words(follows);
    if (text.textContent !== said) text.textContent = said;
  };
  const why = (status) => {
    if (!status) return navigator.onLine ? "gone" : "offline";
    if (status === 401) return "out";
    return status === 403 || status === 404 ? "barred" : "failing";
  };
  const lose = (reason) => { lost = { at: lost ? lost.at : Date.now(), why: reason }; say(); };
  const isPulse = (event) => event.detail.elt.id === "pulse";
  let asOf = "";
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isPulse(event)) return;
    if (!event.detail.successful) { lose(why(event.detail.xhr.status)); return; }
    asOf = event.detail.xhr.getResponseHeader("Waybill-As-Of") || "";
    if (lost) back = Date.now();
    checked = Date.now();
    lost = null;
    say();
  });
  document.addEventListener("htmx:configRequest", (event) => {
    if (isPulse(event) && asOf) event.detail.headers["Waybill-As-Of"] = asOf;
  });
  // A page that nobody looks at does not ask, and text that somebody selects to copy it stays under their hands, for a
  // minute at most.
  let selectedAt = 0;
  const isSelecting = () => {
    const selection = document.getSelection();
    const main = document.getElementById("main");
    const within = selection && !selection.isCollapsed && main && main.contains(selection.anchorNode);
    return Boolean(within) && Date.now() - selectedAt < HELD;
  };
  document.addEventListener("selectionchange", () => {
    selectedAt = Date.now();
    if (held && !isSelecting()) ask();
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isPulse(event)) return;
    held = isSelecting();
    if (document.hidden || held) event.preventDefault();
  });
  // It asks at once when it is looked at again, or when the computer is online again.
  const ask = () => {
    const pulse = document.querySelector("#pulse[hx-get]");
    if (pulse && !document.hidden) htmx.trigger(pulse, "look");
  };
  document.addEventListener("visibilitychange", ask);
  window.addEventListener("online", ask);
  window.addEventListener("offline", () => { if (document.querySelector("#pulse[hx-get]")) lose("offline"); });

  // What a reader opened, focused or scrolled stays so when its surroundings are replaced: it is found again by its id,
  // or by what it is and where it stands within the next element that has one.
  const placed = (element, like) => {
    if (element.id) return { id: element.id };
    const part = element.parentElement && element.parentElement.closest("[id]");
    return part && { part: part.id, like, index: [...part.querySelectorAll(like)].indexOf(element) };
  };
  const find = (place) => {
    if (!place || place.id) return place && document.getElementById(place.id);
    const part = document.getElementById(place.part);
    return part && part.querySelectorAll(place.like)[place.index];
  };
  const likeIt = (element) => {
    const href = element.getAttribute("href");
    return href ? `a[href="${CSS.escape(href)}"]` : element.localName + (element.name ? `[name="${CSS.escape(element.name)}"]` : "");
  };
  let folds = [];
  let scrolled = [];
  let focused = null;
  document.addEventListener("htmx:beforeSwap", () => {
    folds = [...document.querySelectorAll("main details")].map((fold) => [placed(fold, "details"), fold.open]);
    scrolled = [...document.querySelectorAll("main .scroll, main .list, main pre")]
      .filter((box) => box.scrollLeft || box.scrollTop)
      .map((box) => [placed(box, ".scroll, .list, pre"), box.scrollLeft, box.scrollTop]);
    const active = document.activeElement;
    focused = active && active.closest("main") && active.id !== "main" ? placed(active, likeIt(active)) : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    say();
    // What was said at first gives way, once read, to what has come of it.
    setTimeout(() => { for (const notice of document.querySelectorAll("[data-passing]")) notice.remove(); }, 4 * UNITS.s);
    for (const [place, open] of folds) {
      const fold = find(place);
      if (fold && fold.open !== open) fold.open = open;
    }
    for (const [place, left, top] of scrolled) {
      const box = find(place);
      if (box && (box.scrollLeft !== left || box.scrollTop !== top)) box.scrollTo(left, top);
    }
    const again = document.activeElement === document.body && find(focused);
    if (again) again.focus({ preventScroll: true });
    rememberZone();
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
      const here = ticks(form).filter((tick) => tick.checked).length;
      const many = here + form.querySelectorAll("[data-carried]").length;
      const words = form.querySelector(".bulk [name=all]:checked") ? "All that match" : `${many} selected`;
      const text = bar.querySelector("strong");
      if (text.textContent !== words) text.textContent = words;
      const all = form.querySelector("[data-tick-all]");
      if (!all) continue;
      all.hidden = false;
      all.checked = here > 0 && here === ticks(form).length;
      all.indeterminate = here > 0 && !all.checked;
    }
  };
  // What was ticked and is no longer on the page, since newer rows took its place, stays selected all the same.
  const carryTicks = () => {
    const bar = document.querySelector("main .bulk");
    if (!bar) return;
    for (const one of ticked) {
      const [name, value] = one.split("=");
      if (document.querySelector(`[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`)) continue;
      const carried = document.createElement("input");
      Object.assign(carried, { type: "hidden", name, value });
      carried.dataset.carried = "";
      bar.before(carried);
      bar.classList.add("bulk--on");
    }
  };
  document.addEventListener("htmx:beforeSwap", () => {
    ticked = new Set(ticks().filter((tick) => tick.checked).map((tick) => `${tick.name}=${tick.value}`));
  });
  document.addEventListener("htmx:oobAfterSwap", () => {
    for (const tick of ticks()) if (ticked.has(`${tick.name}=${tick.value}`)) tick.checked = true;
    carryTicks();
    countTicks();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) {
      for (const tick of ticks(event.target.closest("form"))) tick.checked = event.target.checked;
    }
    countTicks();
  });
  // To the next page with them: the button that does it without a script does it for the pager's links too.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".pager a[rel]");
    const button = link && link.closest("section").querySelector(`.bulk [data-go="${link.rel}"]`);
    if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!button.form.querySelector("tbody .tick-cell :checked, [data-carried]")) return;
    event.preventDefault();
    button.form.requestSubmit(button);
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

  // Keys: never from a field, never with a modifier.
  const isTyping = (element) =>
    Boolean(element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]"));
  const rows = () =>
    [...document.querySelectorAll("main tbody tr, main .events > li, main .hits > li")]
      .filter((row) => row.querySelector("a[href]") && row.checkVisibility());
  const rowOf = (element) => element.closest("main tbody tr, main .events > li, main .hits > li");
  const step = (by) => {
    const all = rows();
    const at = all.indexOf(rowOf(document.activeElement));
    const inView = () => all.findIndex((row) => row.getBoundingClientRect().bottom > 60);
    const next = at === -1 ? all[inView()] : all[at + by];
    if (!next) return;
    next.querySelector("th a[href], a[href]").focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const tick = () => {
    const row = rowOf(document.activeElement);
    const box = row && row.querySelector(".tick-cell input");
    if (box) box.click();
  };
  let before = null;
  const toSearch = () => {
    const search = document.getElementById("search");
    if (!search) return;
    before = document.activeElement;
    search.focus();
    search.select();
  };
  // The list of keys lies over a corner of the page, which goes on beneath it; it has an address of its own too.
  const closeKeys = () => {
    const keys = document.getElementById("keys");
    if (keys) keys.remove();
    return Boolean(keys);
  };
  const showKeys = async () => {
    const link = document.querySelector("a[data-keys]");
    if (!link || closeKeys() || document.getElementById("key-list")) return;
    const answer = await fetch(link.href).catch(() => null);
    const list = answer && answer.ok
      && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("key-list");
    if (!list) { location.assign(link.href); return; }
    closeKeys();
    const keys = document.createElement("aside");
    keys.id = "keys";
    keys.className = "keys no-print";
    keys.tabIndex = -1;
    keys.setAttribute("aria-label", "Keys. Escape closes them");
    keys.append(list);
    document.body.append(keys);
    keys.focus();
  };
  const KEYS = { "/": toSearch, j: () => step(1), k: () => step(-1), x: tick, "?": showKeys };
  const escape = (target) => {
    const open = target.closest("details.menu[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); return; }
    if (target.id === "search") {
      target.blur();
      if (before && before.isConnected && before !== document.body) before.focus();
      return;
    }
    closeKeys();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (event.key === "Escape") { escape(event.target); return; }
    // Whoever speaks to the computer, or shakes, presses keys that they did not mean: a person can turn these off.
    if (document.querySelector('a[data-keys="off"]')) return;
    if (!Object.hasOwn(KEYS, event.key) || isTyping(event.target)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  rememberZone();
  setClock();
  offerCopies();
  countTicks();
  say();
  setInterval(() => { age(); say(); }, UNITS.s);
})();
