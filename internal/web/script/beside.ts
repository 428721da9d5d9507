// The script of every page. Each page works without it; it only adds three comforts: leaving quickly by the keyboard and
// without a trace in "back", keeping a second tap on a button from sending a form twice, and typing the code of a printed
// card whose square a camera has read.

const shifts = 3; // presses of Shift that mean "leave"
const within = 1500; // milliseconds they may take
const rest = 8000; // milliseconds after which a button may be pressed again, should nothing have come back

/** leave empties the page, closes the session behind it and puts another site in this page's place. */
function leave(): void {
  const way = document.querySelector<HTMLAnchorElement>("a[data-leave]");
  if (!way || !way.dataset.leave) return;
  document.title = "\u00a0";
  document.body.replaceChildren();
  navigator.sendBeacon(way.pathname);
  window.location.replace(way.dataset.leave);
}

function listenForLeaving(): void {
  let presses: number[] = [];
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Shift") {
      presses = [];
      return;
    }
    if (e.repeat) return;
    presses = presses.filter((at) => e.timeStamp - at < within);
    presses.push(e.timeStamp);
    if (presses.length >= shifts) leave();
  });
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element) || !e.target.closest("a[data-leave]")) return;
    e.preventDefault();
    leave();
  });
}

const sent = new WeakSet<HTMLFormElement>();

function release(form: HTMLFormElement): void {
  sent.delete(form);
  form.removeAttribute("aria-busy");
}

/** sendOnce lets a form go once. The entry id in it makes a second one harmless; this makes it rare. */
function sendOnce(): void {
  document.addEventListener("submit", (e) => {
    const form = e.target as HTMLFormElement;
    if (sent.has(form)) {
      e.preventDefault();
      return;
    }
    sent.add(form);
    form.setAttribute("aria-busy", "true");
    setTimeout(() => release(form), rest);
  });
  // A page that comes back out of the browser's memory was left by its form: it may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of Array.from(document.forms)) release(form);
  });
}

/** showWhatToMend moves the reader to what a form could not take, once, when the page opens. */
function showWhatToMend(): void {
  const mend = document.querySelector<HTMLElement>("[data-mend]");
  if (mend) mend.focus();
}

/** tellWhatScriptAdds shows the words that are true only where script runs. */
function tellWhatScriptAdds(): void {
  for (const e of Array.from(document.querySelectorAll<HTMLElement>("[data-with-script]"))) e.hidden = false;
}

/** typeTheCode moves what stands behind the # of a card's address into the form, and out of the address. */
function typeTheCode(): void {
  const field = document.querySelector<HTMLInputElement>("[data-from-hash]");
  const code = window.location.hash.slice(1);
  if (!field || !/^[0-9A-Z]{15,30}$/.test(code)) return;
  field.value = code;
  history.replaceState(null, "", window.location.pathname + window.location.search);
}

listenForLeaving();
sendOnce();
showWhatToMend();
tellWhatScriptAdds();
typeTheCode();
