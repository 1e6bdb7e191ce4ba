// A session that nobody uses ends. Whoever works here, in any tab, only types, or comes back in time stays; whoever
// has left is warned first, and then the sign-in page covers what was shown.
"use strict";

{
  const dialog = document.getElementById("idle");
  const idle = Number(dialog?.dataset.seconds) * 1000;
  const warning = Math.min(120_000, idle / 2);
  const often = Math.min(60_000, idle / 10);
  const patience = 15_000; // before a server that does not answer is asked again
  let ends = Date.now() + idle;
  let told = Date.now();
  let timer = 0;

  function leave() {
    const back = encodeURIComponent(location.pathname + location.search);
    location.assign(`${dialog.dataset.signIn}?next=${back}`);
  }

  async function ask({ used }) {
    if (used) told = Date.now();
    clearTimeout(timer);
    try {
      const answer = await fetch(dialog.dataset.url, { headers: used ? {} : { "X-Unasked": "1" } });
      ends = Date.now() + (await answer.json()).left * 1000;
    } catch {
      timer = setTimeout(() => ask({ used: false }), patience);
      return;
    }
    show(used);
  }

  function show(used) {
    const left = ends - Date.now();
    if (left <= 0) return leave();
    const soon = left <= warning;
    if (soon && !used && !dialog.open) {
      const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "Europe/Helsinki" };
      dialog.querySelector("time").textContent = new Date(ends).toLocaleTimeString(document.documentElement.lang, time);
      dialog.showModal();
    }
    if (!soon && dialog.open) dialog.close();
    timer = setTimeout(() => ask({ used: false }), soon ? left : left - warning);
  }

  function act() {
    if (!dialog.open && Date.now() - told > often) ask({ used: true });
  }

  function stay() {
    if (dialog.open) dialog.close();
    ask({ used: true });
  }

  if (dialog) {
    for (const kind of ["keydown", "pointerdown", "input"]) document.addEventListener(kind, act, { passive: true });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && Date.now() > ends - warning) ask({ used: false });
    });
    dialog.addEventListener("cancel", stay);
    dialog.querySelector("[data-stay]").addEventListener("click", stay);
    timer = setTimeout(() => ask({ used: false }), idle - warning);
  }
}

// What htmx asks for without an event, a page asks for by itself: a part that is looked at again and again.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (!detail.triggeringEvent) detail.headers["X-Unasked"] = "1";
});
