// How many readers are meant, while they are chosen. Without this script the number comes with each save.
"use strict";

(() => {
  const later = (wait, act) => {
    let timer;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(act, wait);
    };
  };
  let asked = 0;
  const ask = async (place, address, options) => {
    const turn = (asked += 1);
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, ...options });
      const { told } = await answer.json();
      if (turn === asked) place.textContent = told;
    } catch {
      if (turn === asked) place.textContent = "The number is not known just now.";
    }
    if (turn === asked) place.removeAttribute("aria-busy");
  };

  // The form of a segment: its rows are posted as they are, and nothing is saved.
  const status = document.querySelector("[data-count]");
  if (status) {
    const form = status.closest("form");
    const count = () => {
      const typed = new FormData(form);
      if (status.dataset.segment) typed.append("segment", status.dataset.segment);
      ask(status.querySelector("[role=status]"), status.dataset.count, { method: "POST", body: typed });
    };
    form.addEventListener("input", later(400, count));
    if (form.querySelector(".errorlist")) count();
  }

  // The form of an issue: the choice of its readers.
  const readers = document.querySelector("select[data-count-readers]");
  if (readers) {
    const help = document.getElementById(`${readers.id}_helptext`);
    const target = (help && help.querySelector("div")) || help;
    const newsletter = readers.form.elements.newsletter;
    const count = () => {
      const query = new URLSearchParams({ readers: readers.value, newsletter: newsletter.value });
      if (readers.dataset.issue) query.set("issue", readers.dataset.issue);
      ask(target, `${readers.dataset.countReaders}?${query}`);
    };
    for (const field of [readers, newsletter]) field.addEventListener("change", count);
  }
})();
