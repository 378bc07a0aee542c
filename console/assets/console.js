// Makes the pages live. Without this file they work too.
"use strict";

const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

// Times: the same words as `ago` in words.rs.
function ago(at) {
  const seconds = Math.round((Date.now() - Date.parse(at)) / 1000);
  const count = Math.abs(seconds);
  if (count < 2) return "now";
  const [number, unit] =
    count < 60 ? [count, "s"] :
    count < 3600 ? [Math.floor(count / 60), "min"] :
    count < 86400 ? [Math.floor(count / 3600), "h"] :
    [Math.floor(count / 86400), count < 172800 ? "day" : "days"];
  return seconds < 0 ? `in ${number} ${unit}` : `${number} ${unit} ago`;
}

function tick() {
  for (const time of all("time[datetime]")) {
    const text = ago(time.dateTime);
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(tick, 5000);

// Buttons that copy.
for (const button of all("button[data-copy]")) {
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
      button.textContent = "Selected: press Ctrl-C";
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

// Filters that need no button.
for (const select of all("select[data-submit]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// Parts that are loaded after the page.
async function load(place) {
  const answer = await fetch(place.dataset.load);
  if (answer.ok) place.innerHTML = await answer.text();
}
for (const place of all("[data-load]")) {
  if (!place.dataset.ask) {
    load(place);
    continue;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = place.dataset.ask;
  button.addEventListener("click", () => load(place));
  place.replaceChildren(button);
}

// The live list. While the page is hidden or paused, no events are sent to it.
const table = document.getElementById("deliveries");
if (table) {
  const rows = table.tBodies[0];
  const state = document.getElementById("live");
  const pause = document.getElementById("pause");
  const limit = Number(table.dataset.limit);
  let after = Number(table.dataset.after);
  let source = null;
  let paused = false;

  const say = (text) => { if (state.textContent !== text) state.textContent = text; };
  const add = (event) => {
    after = Number(event.lastEventId) || after;
    const before = rows.rows.length;
    rows.insertAdjacentHTML("afterbegin", event.data);
    const arrived = [...rows.rows].slice(0, rows.rows.length - before);
    // Many at once would keep the browser painting.
    if (arrived.length <= 10) arrived.forEach((row) => row.classList.add("arrived"));
    while (rows.rows.length > limit) rows.deleteRow(-1);
    document.getElementById("empty")?.remove();
    tick();
  };
  const open = () => {
    if (source || paused || document.hidden) return;
    const url = new URL(table.dataset.events, location.href);
    url.searchParams.set("after", after);
    source = new EventSource(url);
    source.addEventListener("open", () => say("Live"));
    source.addEventListener("rows", add);
    source.addEventListener("error", () => {
      // A refusal ends it: the cookie of a server that was started again is unknown.
      if (source.readyState === EventSource.CLOSED) {
        close();
        say("Not connected. Open the address that the terminal shows.");
      } else {
        say("Not connected; trying again");
      }
    });
  };
  const close = () => {
    source?.close();
    source = null;
  };

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Resume" : "Pause";
    if (paused) {
      close();
      say("Paused");
    } else {
      open();
    }
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  open();
}
