// The page of a theme: the mail beside the form changes as its colours do.
"use strict";

(() => {
  const desk = document.querySelector(".desk");
  const form = desk.closest("form");
  const { show, showSoon } = livePreview(form, () => desk.dataset.preview);
  form.addEventListener("input", (event) => {
    if (!event.target.closest(".views")) showSoon();
  });
  show();
})();
