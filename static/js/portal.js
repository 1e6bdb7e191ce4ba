// Small help for the keyboard and the clipboard. Every page works without it.
"use strict";

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

// --- copying: one click or Enter on an identifier; a selected time is copied as UTC ---

const note = document.createElement("p");
note.className = "copy-note";
note.setAttribute("role", "status");

function say(text) {
  note.textContent = text;
  document.body.append(note);
  clearTimeout(say.timer);
  say.timer = setTimeout(() => note.remove(), 1600);
}

async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.dataset.copy);
    say(`${document.body.dataset.copied}: ${element.dataset.copy}`);
  } catch {
    getSelection().selectAllChildren(element.querySelector(".whole") ?? element);
  }
}

function prepare(root) {
  for (const element of root.querySelectorAll("[data-copy]")) {
    element.tabIndex = 0;
    element.setAttribute("role", "button");
    element.setAttribute("aria-label", `${document.body.dataset.copyHint} ${element.dataset.copy}`);
  }
}

document.addEventListener("copy", (event) => {
  const { anchorNode, focusNode } = getSelection();
  const time = anchorNode?.parentElement?.closest("time[datetime]");
  if (time === null || time === undefined || !time.contains(focusNode)) return;
  event.clipboardData.setData("text/plain", time.dateTime);
  event.preventDefault();
});

// --- lists: j and k move, x selects ---

const rows = () => [...document.querySelectorAll("[data-rows] > tr, [data-rows] > li")];

function move(step) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.findIndex((row) => row.classList.contains("here"));
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  if (at >= 0) all[at].classList.remove("here");
  next.classList.add("here");
  (next.querySelector("a[href]") ?? next).focus();
  next.scrollIntoView({ block: "nearest" });
}

function select() {
  document.querySelector("[data-rows] > .here input[type=checkbox]")?.click();
}

function open(id) {
  const dialog = document.getElementById(id);
  if (dialog && !dialog.open) dialog.showModal();
}

const keys = {
  "/": () => document.getElementById("find")?.focus(),
  "?": () => open("keys"),
  j: () => move(1),
  k: () => move(-1),
  x: select,
  n: () => document.querySelector("[data-key=next]")?.click(),
  p: () => document.querySelector("[data-key=previous]")?.click(),
};

document.addEventListener("keydown", (event) => {
  const { target } = event;
  if (event.key === "Escape") {
    target.closest("[data-copy]")?.setAttribute("data-quiet", "");
    for (const chip of document.querySelectorAll("details.chip[open]")) chip.open = false;
    if (target.id === "find") target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(target)) return;
  const identifier = target.closest("[data-copy]");
  if (identifier && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    copy(identifier);
    return;
  }
  const act = keys[event.key];
  if (act && !document.querySelector("dialog[open]")) {
    event.preventDefault();
    act();
  }
});

document.addEventListener("click", (event) => {
  const identifier = event.target.closest("[data-copy]");
  if (identifier) copy(identifier);
  const opener = event.target.closest("[data-open]");
  if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    open(opener.dataset.open);
  }
  for (const chip of document.querySelectorAll("details.chip[open]")) {
    if (!chip.contains(event.target)) chip.open = false;
  }
});

// --- the search box: a personal code asks for its reason, which opens beside it ---

const personCode = /[0-3]\d[01]\d{3}\s?[-+‐‑‒–—−A-FU-Ya-fu-y]\s?\d{3}[0-9A-Za-z]/;

document.getElementById("find")?.addEventListener("input", (event) => {
  const reason = document.getElementById("find-reason");
  reason.hidden = !personCode.test(event.target.value);
});

document.getElementById("find")?.form.addEventListener("submit", (event) => {
  const reason = document.getElementById("find-reason");
  if (reason.hidden || reason.value.trim() !== "") return;
  event.preventDefault();
  reason.focus();
});

document.addEventListener("focusout", (event) => event.target.closest?.("[data-copy]")?.removeAttribute("data-quiet"));
document.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-rows] > tr, [data-rows] > li");
  if (!row) return;
  for (const other of rows()) other.classList.toggle("here", other === row);
});
document.addEventListener("htmx:afterSwap", (event) => prepare(event.target));

prepare(document);
