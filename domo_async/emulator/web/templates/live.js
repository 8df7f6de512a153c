// Keeps the page up to date without moving it: what has changed is exchanged in its place, while scroll positions, the
// focus and a selection stay where they are. Without this script the page is as good as when it was loaded.
(() => {
  const EVERY = 2000;
  const status = document.getElementById("live-status");
  const button = document.getElementById("live-button");
  let paused = false;
  let busy = false;

  function say(text) {
    if (status.textContent !== text) status.textContent = text;
  }

  function isSelected(element) {
    const selection = getSelection();
    return selection.type === "Range" && selection.containsNode(element, true);
  }

  function exchange(old, fresh) {
    if (old.innerHTML === fresh.innerHTML || isSelected(old)) return;
    const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
    const scrolled = [...old.querySelectorAll(".scroll[id]")].map((box) => [box.id, box.scrollLeft]);
    old.replaceChildren(...fresh.childNodes);
    for (const [id, left] of scrolled) {
      const box = document.getElementById(id);
      if (box) box.scrollLeft = left;
    }
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  async function refresh() {
    if (paused || busy || document.hidden) return;
    busy = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (answer.status === 404) {
        say("Not there any more");
        return;
      }
      if (!answer.ok) throw new Error(answer.statusText);
      const text = await answer.text();
      // Without its head: the page forbids itself styles that were not sent with it.
      const main = text.slice(text.indexOf("<main"), text.indexOf("</main>"));
      const page = new DOMParser().parseFromString(main, "text/html");
      for (const old of document.querySelectorAll("[data-live]")) {
        const fresh = page.getElementById(old.id);
        if (fresh) exchange(old, fresh);
      }
      say("Live");
    } catch {
      say("The emulator does not answer");
    } finally {
      busy = false;
    }
  }

  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    say(paused ? "Paused" : "Live");
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  button.hidden = false;
  say("Live");
  setInterval(refresh, EVERY);
})();
