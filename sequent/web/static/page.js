// Keys on every page: / goes to the search, j and k to the next and the previous row, Enter opens it.
"use strict";
document.addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (isTyping) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const keyed = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (keyed) {
    event.preventDefault();
    if (keyed.matches("input")) keyed.focus(); else keyed.click();
  } else if (event.key === "j" || event.key === "k") {
    const rows = [...document.querySelectorAll("[data-row]")];
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const row = rows[Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)))];
    row?.querySelector("a")?.focus();
  }
});

// The chosen colours are kept for all pages, also those of a later start.
document.querySelector(".theme").addEventListener("change", (event) => {
  document.cookie = `sequent-theme=${event.target.value}; path=/; max-age=31536000; samesite=strict`;
});

// A run that goes on: the server tells that there is news, and the parts that have changed are put in their places.
function changeParts(fresh) {
  const main = document.querySelector("main");
  const parts = [...fresh.querySelectorAll("main > [id]")];
  for (const old of main.querySelectorAll(":scope > [id]")) {
    if (!fresh.getElementById(old.id)) old.remove();
  }
  parts.forEach((part, at) => {
    const old = document.getElementById(part.id);
    if (old?.querySelector("[data-follow]")) {
      return;
    } else if (old) {
      const open = [...old.querySelectorAll("details")].map((each) => each.open);
      part.querySelectorAll("details").forEach((each, number) => { each.open = open[number] ?? false; });
      if (old.contains(document.activeElement) && old.querySelector("input, textarea, select")) return;
      if (old.outerHTML !== part.outerHTML) old.replaceWith(part);
    } else {
      const next = parts.slice(at + 1).map((each) => document.getElementById(each.id)).find(Boolean);
      main.insertBefore(part, next ?? null);
    }
  });
}
let isAsking = false;
let isLate = false;
async function renew() {
  if (isAsking) { isLate = true; return; }
  isAsking = true;
  try {
    const answer = await fetch(location.href);
    if (answer.ok) changeParts(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } finally {
    isAsking = false;
    if (isLate) { isLate = false; renew(); }
  }
}
const followed = document.querySelector("[data-events]");
if (followed) {
  const source = new EventSource(followed.dataset.events);
  source.addEventListener("news", renew);
  source.addEventListener("end", () => { source.close(); renew(); });
}

// A log that grows: new lines are added at the end, and those far above leave the page.
const MOST_LINES = 5000;
const log = document.querySelector("[data-follow]");
if (log) {
  log.scrollTop = log.scrollHeight;
  const lines = new EventSource(log.dataset.follow);
  lines.addEventListener("message", (event) => {
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    document.getElementById("empty")?.remove();
    log.insertAdjacentHTML("beforeend", JSON.parse(event.data));
    while (isAtEnd && log.childElementCount > MOST_LINES) log.firstElementChild.remove();
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  });
  lines.addEventListener("end", () => lines.close());
}
