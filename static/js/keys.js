// A security key that was not used is told on the page; allauth reports it as an event.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.getElementById("key-failed").hidden = false;
});
