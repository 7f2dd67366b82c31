// Gives each text that is there to be copied a button that does it.
"use strict";

for (const text of document.querySelectorAll("textarea[readonly]")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.value);
    button.textContent = "Copied";
  });
  text.after(button);
}
