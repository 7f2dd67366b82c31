/* Fetches the changing part of the page again every two seconds, while somebody looks and it may
   still change. Without this script the page has its Refresh link. */
(() => {
  "use strict";
  const place = document.querySelector("[data-fragment]");
  if (!place) return;
  const pause = 2000;
  let timer = 0;

  const isDone = () => place.querySelector("[data-done]") !== null;
  const keyOf = (element) => element.id || element.getAttribute("href");

  function replace(html) {
    const open = [...place.querySelectorAll("details[open]")].map((details) => details.id);
    const focused = place.contains(document.activeElement) ? keyOf(document.activeElement) : null;
    place.innerHTML = html;
    open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    if (focused) {
      const same = [...place.querySelectorAll("a, summary, button")];
      same.find((element) => keyOf(element) === focused)?.focus({ preventScroll: true });
    }
  }

  async function refresh() {
    timer = 0;
    if (document.hidden) return;
    try {
      const answer = await fetch(place.dataset.fragment, { redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      replace(await answer.text());
      place.classList.remove("is-stale");
    } catch {
      place.classList.add("is-stale");
    }
    plan();
  }

  function plan() {
    if (!timer && !document.hidden && !isDone()) timer = window.setTimeout(refresh, pause);
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !timer && !isDone()) refresh();
  });
  document.documentElement.classList.add("is-refreshing");
  plan();
})();
