// What every page does: it shows that it waits, and sends no form twice.
"use strict";
(() => {
  const pending = document.getElementById("pending");

  function wait(on) {
    document.documentElement.classList.toggle("pending", on);
    pending.firstElementChild.textContent = on ? pending.dataset.text : "";
  }

  document.addEventListener("click", (e) => {
    const a = e.target.closest("a[href]");
    if (!a || e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    if (a.target || a.hasAttribute("download") || a.origin !== location.origin) return;
    if (a.pathname === location.pathname && a.search === location.search && a.hash) return;
    wait(true);
  });

  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (e.defaultPrevented) return;
    if (form.dataset.sent) {
      e.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    wait(true);
    const button = e.submitter || form.querySelector("button");
    if (!button) return;
    button.setAttribute("aria-disabled", "true");
    if (form.dataset.busy) {
      form.dataset.label = button.textContent;
      button.textContent = form.dataset.busy;
    }
  });

  // Going back shows a page as it was left.
  window.addEventListener("pageshow", () => {
    wait(false);
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-disabled]")) {
        button.removeAttribute("aria-disabled");
        if (form.dataset.label) button.textContent = form.dataset.label;
      }
    }
  });

  const first = document.querySelector("[data-focus]");
  if (first) first.focus();

  // What the other scripts need.
  window.classroom = {
    token: document.querySelector('meta[name="csrf-token"]').content,
    // ask sends JSON and returns the answer, or null where there is none.
    async ask(path, body) {
      try {
        const answer = await fetch(path, body === undefined ? { headers: { Accept: "application/json" } } : {
          method: "POST",
          headers: { Accept: "application/json", "Content-Type": "application/json", "X-Csrf-Token": this.token },
          body: JSON.stringify(body),
        });
        return answer.ok ? await answer.json() : null;
      } catch {
        return null;
      }
    },
  };
})();
