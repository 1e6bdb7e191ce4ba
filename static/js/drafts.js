// Text that is typed and not sent yet survives leaving the page, and what is chosen beside it: in this tab only, for this
// person only, and never with a personal identity code in it. Discarding or signing out ends it, and sending, once it has
// arrived: what leads to the sign-in or to a page of an error has not.
"use strict";

const DRAFT = "draft";
const SENT = "sent";
const person = document.body.dataset.person;

const CHOICES = "select, input[type=checkbox], input[type=radio]";
const WITH_CHOICES = "form[method=post]:has([data-draft]):not(:has([data-draft-alone]))";

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

// What came back, and a button that takes it back.
function notice(element, text, discard) {
  const said = document.createElement(element);
  said.className = "hint draft";
  said.setAttribute("role", "status");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = document.body.dataset.draftDrop;
  button.addEventListener("click", () => {
    said.remove();
    discard();
  });
  said.append(text, " ", button);
  return said;
}

function restore(field) {
  const text = sessionStorage.getItem(keyOf(field));
  if (text === null || field.value !== "") return;
  field.value = text;
  const said = notice("span", document.body.dataset.draftKept, () => {
    field.value = "";
    keep(field);
    field.focus();
  });
  field.after(said);
}

// Those of one name, which are one choice.
function choiceOf(form, name) {
  return [...form.elements].filter((field) => field.name === name && field.matches(CHOICES));
}

function optionsOf(choice) {
  return choice.flatMap((field) => (field.matches("select") ? [...field.options] : [field]));
}

const isOn = (option) => (option.matches("option") ? option.selected : option.checked);

// As the page came; a list of which nothing was chosen came with its first line.
function cameOn(option) {
  if (!option.matches("option")) return option.defaultChecked;
  const list = option.closest("select");
  const first = !list.multiple && ![...list.options].some((each) => each.defaultSelected);
  return first ? option.index === 0 : option.defaultSelected;
}

function put(options, isWanted) {
  for (const option of options) option[option.matches("option") ? "selected" : "checked"] = isWanted(option);
}

function keepChoice(form, name) {
  const options = optionsOf(choiceOf(form, name));
  const key = keyOf({ form, name });
  const chosen = JSON.stringify(options.filter(isOn).map((option) => option.value));
  if (options.every((option) => isOn(option) === cameOn(option)) || personCode.test(chosen)) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, chosen);
}

function restoreChoices(form) {
  const names = new Set([...form.elements].filter((field) => field.matches(CHOICES)).map((field) => field.name));
  const restored = [];
  for (const name of names) {
    const chosen = JSON.parse(sessionStorage.getItem(keyOf({ form, name })));
    const options = optionsOf(choiceOf(form, name));
    const isOffered = chosen?.every((value) => options.some((option) => option.value === value && !option.disabled));
    if (!isOffered || options.some((option) => isOn(option) !== cameOn(option))) continue;
    put(options, (option) => chosen.includes(option.value));
    restored.push(name);
  }
  if (restored.length === 0) return;
  const said = notice("p", document.body.dataset.draftChosen, () => {
    for (const name of restored) {
      put(optionsOf(choiceOf(form, name)), cameOn);
      keepChoice(form, name);
    }
    choiceOf(form, restored[0])[0].focus();
  });
  form.prepend(said);
}

const formsWithChoices = (root) => [...root.querySelectorAll(WITH_CHOICES)];

function restoreAll(root) {
  keptFields(root).forEach(restore);
  formsWithChoices(root).forEach(restoreChoices);
}

if (person) {
  arrived();
  drop((key) => !key.startsWith(`${DRAFT} ${person} `));
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.matches("form[method=post] [data-draft]")) keep(field);
    else if (field.matches(CHOICES) && field.name && field.form?.matches(WITH_CHOICES)) keepChoice(field.form, field.name);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-signs-out]")) drop(() => true);
    const isChosen = event.target.matches(WITH_CHOICES);
    for (const field of event.target.elements) {
      if (field.matches("[data-draft]") || (isChosen && field.matches(CHOICES))) rename(keyOf(field), DRAFT, SENT);
    }
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (!detail.successful) lost();
    else if (!detail.xhr.getResponseHeader("HX-Redirect")) arrived();
  });
  document.addEventListener("htmx:afterSwap", (event) => restoreAll(event.target));
  restoreAll(document);
} else {
  lost(); // the sign-in, or a page of an error
}
