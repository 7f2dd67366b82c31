// The editor's page: a preview that follows the text, drafts that save themselves, images by drop and paste.
// Without this script the page has a button for each of them, except for saving, which has its own.
"use strict";

(() => {
  const desk = document.querySelector(".desk");
  const form = desk && desk.closest("form");
  const body = form && form.elements.body;
  if (!body) return;

  const status = document.createElement("p");
  status.className = "autosave";
  status.setAttribute("role", "status");
  desk.querySelector(".writing").prepend(status);
  const say = (text, isBad = false) => {
    status.textContent = text;
    status.classList.toggle("is-bad", isBad);
  };

  const { show, showSoon, button } = livePreview(form, () => {
    const before = body.value.slice(0, body.selectionStart);
    form.elements.line.value = before.split("\n").length - 1;
    return desk.dataset.preview + (body.selectionStart ? "#here" : "");
  });

  // What was typed is saved when it rests. One request at a time: each answer names the version
  // that the next must build on.
  let isDirty = false;
  let isSaving = false;
  let isStale = false;
  const save = async () => {
    if (!isDirty || isStale) return;
    if (isSaving) return saveSoon();
    if (!form.elements.subject.value.trim() || !body.value.trim()) {
      return say("Saved as soon as it has a subject and a text.");
    }
    isSaving = true;
    isDirty = false;
    say("Saving …");
    try {
      const answer = await fetch(desk.dataset.autosave, { method: "POST", body: new FormData(form) });
      if (!(answer.headers.get("Content-Type") || "").startsWith("application/json")) {
        throw new Error("Not saved: log in again in another tab, then go on writing here.");
      }
      const told = await answer.json();
      if (!answer.ok) {
        isStale = answer.status !== 422;
        throw new Error(isStale ? told.error : `Not saved yet. ${told.error}`);
      }
      if (desk.dataset.autosave !== told.autosave) {
        desk.dataset.autosave = told.autosave;
        history.replaceState(null, "", told.page);
        form.action = told.page;
      }
      form.elements.opened.value = told.opened;
      say(`Draft saved ${told.at}`);
    } catch (error) {
      isDirty = true;
      say(error instanceof TypeError ? "Not saved: no connection. It is tried again." : error.message, true);
      if (!isStale) setTimeout(saveSoon, 5000);
    } finally {
      isSaving = false;
    }
  };
  const saveSoon = later(2000, save);
  form.addEventListener("input", (event) => {
    if (event.target.closest(".views")) return;
    isDirty = true;
    showSoon();
    saveSoon();
  });
  window.addEventListener("beforeunload", (event) => {
    if (isDirty) event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter === button) return;
    if (isSaving) {
      // The version that this save would build on is on its way.
      event.preventDefault();
      setTimeout(() => form.requestSubmit(event.submitter), 200);
      return;
    }
    isDirty = false;
  });

  // Text is replaced by a command of the browser, so that its own undo knows of it.
  const insert = (text, from = body.selectionStart, to = body.selectionEnd) => {
    body.focus();
    body.setSelectionRange(from, to);
    if (!document.execCommand("insertText", false, text)) {
      body.setRangeText(text, from, to, "end");
      body.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };
  const around = (before, after, sample) => () => {
    const { selectionStart: from, selectionEnd: to } = body;
    const inner = body.value.slice(from, to) || sample;
    insert(before + inner + after);
    body.setSelectionRange(from + before.length, from + before.length + inner.length);
  };
  const atLine = (mark) => () => {
    const from = body.value.lastIndexOf("\n", body.selectionStart - 1) + 1;
    insert(mark, from, from);
  };

  const upload = async (file) => {
    const mark = `![Uploading ${file.name.replace(/[[\]\\]/g, "")} …]()`;
    insert(mark);
    let text = "";
    try {
      if (file.size > 2000000) throw new Error(`${file.name} has more than 2 MB: save it smaller.`);
      const data = new FormData();
      data.append("file", file);
      data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      const answer = await fetch(desk.dataset.upload, {
        method: "POST",
        body: data,
        headers: { Accept: "application/json" },
      });
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.error);
      text = told.markdown;
      say(`${file.name} is there. Write between its brackets what it shows.`);
    } catch (error) {
      say(error instanceof TypeError || error instanceof SyntaxError ? "The image was not uploaded." : error.message, true);
    }
    const at = body.value.indexOf(mark);
    if (at >= 0) insert(text, at, at + mark.length);
    return text ? at + "![".length : -1;
  };
  const uploadAll = async (files) => {
    let inBrackets = -1;
    for (const file of files) inBrackets = await upload(file);
    if (inBrackets > 1) body.setSelectionRange(inBrackets, inBrackets);
  };
  const imagesOf = (transfer) => [...transfer.files].filter((file) => file.type.startsWith("image/"));
  for (const kind of ["paste", "drop"]) {
    body.addEventListener(kind, (event) => {
      const files = imagesOf(event.clipboardData || event.dataTransfer);
      if (!files.length) return;
      event.preventDefault();
      uploadAll(files);
    });
  }
  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.hidden = true;
  chooser.multiple = true;
  chooser.accept = "image/png,image/jpeg,image/gif";
  chooser.setAttribute("aria-label", "Image to upload");
  chooser.addEventListener("change", () => uploadAll(chooser.files));

  const tools = document.createElement("div");
  tools.className = "tools";
  tools.setAttribute("role", "toolbar");
  tools.setAttribute("aria-label", "Formatting");
  const acts = [
    ["Bold", around("**", "**", "important")],
    ["Italic", around("*", "*", "stressed")],
    ["Link", around("[", "](https://)", "words")],
    ["Heading", atLine("## ")],
    ["List", atLine("- ")],
    ["Quote", atLine("> ")],
    ["Image", () => chooser.click()],
    ["Name", () => insert("{name|friend}")],
  ];
  for (const [label, act] of acts) {
    const tool = document.createElement("button");
    tool.type = "button";
    tool.textContent = label;
    tool.addEventListener("click", act);
    tools.append(tool);
  }
  body.before(tools);
  tools.after(chooser);
  body.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const act = { b: acts[0][1], i: acts[1][1], k: acts[2][1] }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  show();
})();
