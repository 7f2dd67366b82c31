// A live preview beside a form of the admin: what is typed is posted into a frame in which nothing runs.
// Without a script the form's own button does it.
"use strict";

// Returns a function that acts when it was not called for a while.
const later = (wait, act) => {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, wait);
  };
};

// Returns a function that shows the form as it is now. Each preview goes to a frame of its own, so that
// the last one stays until the next has come, and the browser's history has no entry for each pause in
// the typing.
const livePreview = (form, address) => {
  const views = form.querySelector(".views");
  const button = views.querySelector("button");
  const frames = form.querySelector(".frames");
  let shown = 0;
  const show = () => {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "");
    frame.name = `seen-${(shown += 1)}`;
    frame.title = "The mail as it looks now";
    frame.className = "is-loading";
    frames.append(frame);
    frame.addEventListener("load", () => {
      while (frames.firstElementChild !== frame) frames.firstElementChild.remove();
      frame.className = "";
    });
    button.formTarget = frame.name;
    button.formAction = address();
    form.requestSubmit(button);
  };
  button.hidden = true;
  views.addEventListener("change", (event) => {
    const { name, value } = event.target;
    if (name === "view") frames.dataset.view = value;
    show();
  });
  return { show, showSoon: later(400, show), button };
};
