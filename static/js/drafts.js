// Text that is typed and not sent yet survives leaving the page: in this tab only, for this person only,
// and never with a personal identity code in it. Discarding or signing out ends it, and sending, once it has
// arrived: what leads to the sign-in or to a page of an error has not.
"use strict";

const DRAFT = "draft";
const SENT = "sent";
const person = document.body.dataset.person;

const keptFields = (root) => root.querySelectorAll("form[method=post] [data-draft]");

function keyOf(field) {
  const action = new URL(field.form.action, location.href).pathname;
  return [DRAFT, person, action, field.name].join(" ");
}

function drop(belongs) {
  for (const key of Object.keys(sessionStorage)) {
    if ((key.startsWith(`${DRAFT} `) || key.startsWith(`${SENT} `)) && belongs(key)) sessionStorage.removeItem(key);
  }
}

function rename(key, from, to) {
  const text = sessionStorage.getItem(key);
  if (text === null || !key.startsWith(`${from} `)) return;
  sessionStorage.removeItem(key);
  sessionStorage.setItem(to + key.slice(from.length), text);
}

const arrived = () => drop((key) => key.startsWith(`${SENT} `));
const lost = () => Object.keys(sessionStorage).forEach((key) => rename(key, SENT, DRAFT));

function keep(field) {
  const text = field.value;
  if (text.trim() === "" || personCode.test(text)) sessionStorage.removeItem(keyOf(field));
  else sessionStorage.setItem(keyOf(field), text);
}

function restore(field) {
  const text = sessionStorage.getItem(keyOf(field));
  if (text === null || field.value !== "") return;
  field.value = text;
  const said = document.createElement("span");
  said.className = "hint draft";
  said.setAttribute("role", "status");
  const discard = document.createElement("button");
  discard.type = "button";
  discard.className = "link";
  discard.textContent = document.body.dataset.draftDrop;
  discard.addEventListener("click", () => {
    field.value = "";
    keep(field);
    said.remove();
    field.focus();
  });
  said.append(document.body.dataset.draftKept, " ", discard);
  field.after(said);
}

if (person) {
  arrived();
  drop((key) => !key.startsWith(`${DRAFT} ${person} `));
  document.addEventListener("input", (event) => {
    if (event.target.matches("form[method=post] [data-draft]")) keep(event.target);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-signs-out]")) drop(() => true);
    for (const field of event.target.querySelectorAll("[data-draft]")) rename(keyOf(field), DRAFT, SENT);
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!detail.successful) lost();
    else if (!detail.xhr.getResponseHeader("HX-Redirect")) arrived();
  });
  document.addEventListener("htmx:afterSwap", (event) => keptFields(event.target).forEach(restore));
  keptFields(document).forEach(restore);
} else {
  lost(); // the sign-in, or a page of an error
}
