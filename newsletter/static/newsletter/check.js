// The page before an issue goes out: the links are tried by themselves, the zone is the browser's own,
// and a second click sends nothing. Without this script the page has a button for the links.
"use strict";

(() => {
  const trying = document.querySelector("[data-untried]");
  if (trying && !sessionStorage.getItem(`tried ${location.pathname}`)) {
    // Once a visit: what cannot be tried stays untried.
    sessionStorage.setItem(`tried ${location.pathname}`, "1");
    const form = new FormData(trying);
    form.set("try", "1");
    const status = trying.querySelector("[role=status]");
    status.textContent = "Trying the links and the sender’s domain …";
    trying.querySelector("button").disabled = true;
    // It may take a while, in which somebody goes to another page, or ticks and types on this one.
    let isLeft = false;
    let isFilledIn = false;
    window.addEventListener("beforeunload", () => (isLeft = true));
    document.addEventListener("input", () => (isFilledIn = true));
    fetch(location.href, { method: "POST", body: form }).finally(() => {
      if (isLeft) return;
      if (!isFilledIn) return location.reload();
      const again = document.createElement("a");
      again.href = "";
      again.textContent = "Show what was found";
      status.replaceChildren("The links and the sender’s domain were tried. ", again);
    });
  } else if (!trying) {
    sessionStorage.removeItem(`tried ${location.pathname}`);
  }

  const sending = document.querySelector("form.sending");
  const zone = sending && sending.elements.zone;
  if (!zone) return;
  if (!sending.elements.clock.value) {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if ([...zone.options].some((option) => option.value === own)) zone.value = own;
  }
  const later = sending.querySelector(".later");
  const show = () => {
    later.hidden = sending.elements.when.value !== "later";
  };
  sending.addEventListener("change", show);
  show();
  sending.addEventListener("submit", (event) => {
    if (sending.dataset.sent) event.preventDefault();
    sending.dataset.sent = "1";
  });
})();
