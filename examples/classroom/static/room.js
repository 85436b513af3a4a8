// The documents of a room: an upload with a bar, and jobs that go on elsewhere.
"use strict";
(() => {
  const section = document.getElementById("documents");
  const part = document.getElementById("jobs-part");
  const list = document.getElementById("jobs");
  const said = document.getElementById("jobs-said");
  const form = document.getElementById("upload");
  const file = document.getElementById("file");
  const wrong = document.getElementById("file-wrong");
  const kinds = file.accept.split(",");
  let busy = false; // whether a job was under way when we last looked
  let own = null; // the file that this page sends

  function say(text) {
    if (said.textContent !== text) said.textContent = text;
  }

  // row returns the list item of a job, and makes it if there is none.
  function row(job) {
    let li = list.querySelector(`[data-job="${CSS.escape(job.id)}"]`);
    if (li) return li;
    li = document.createElement("li");
    li.className = "job";
    li.dataset.job = job.id;
    const name = document.createElement("span");
    name.className = "job-name";
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.setAttribute("aria-label", section.dataset.progress.replace("%s", () => job.name)); // a name can hold $&
    const text = document.createElement("span");
    text.className = "job-text";
    name.textContent = job.name;
    li.append(name, bar, text);
    list.prepend(li);
    return li;
  }

  function show(job) {
    const li = row(job);
    part.hidden = false;
    li.classList.toggle("job-failed", job.failed);
    li.classList.toggle("job-done", job.done);
    const bar = li.querySelector("progress");
    if (bar) {
      if (job.failed) bar.remove();
      else bar.value = job.percent;
    }
    li.querySelector(".job-text").textContent = job.text;
  }

  async function look() {
    const jobs = await classroom.ask(section.dataset.jobs);
    if (jobs) {
      const under = jobs.filter((j) => !j.done && !j.failed);
      for (const job of jobs.toReversed ? jobs.toReversed() : jobs.slice().reverse()) show(job);
      if (own) {
        // The server knows the file by now: its row takes the place of ours.
        const known = jobs.find((j) => j.name === own.name && !j.done);
        if (known) own.forget();
      }
      if (jobs.length && (busy || under.length)) say(jobs[0].name + " " + jobs[0].text.replace(/[\d.]+ [KM]?B.*$/, ""));
      if (busy && under.length === 0) refresh();
      busy = under.length > 0 || own !== null;
    }
    if (busy || own) setTimeout(look, 500);
  }

  // refresh brings the list of the room's documents up to date.
  async function refresh() {
    const answer = await fetch(location.pathname).catch(() => null);
    if (!answer || !answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("attached");
    if (fresh) document.getElementById("attached").replaceChildren(...fresh.childNodes);
  }

  function refuse(text) {
    wrong.textContent = text;
    file.setAttribute("aria-invalid", "true");
    file.focus();
  }

  function problem(f) {
    if (!f || f.size === 0) return form.dataset.none;
    const dot = f.name.lastIndexOf(".");
    if (dot < 0 || !kinds.includes(f.name.slice(dot).toLowerCase())) return form.dataset.kind;
    if (f.size > Number(form.dataset.max)) return form.dataset.size;
    return "";
  }

  // The browser words its own control in its own language: the label takes its place.
  form.noValidate = true;
  const label = document.getElementById("file-label");
  const chosen = document.getElementById("file-name");
  const none = chosen.textContent;
  file.classList.add("visually-hidden");
  label.className = "button";
  chosen.hidden = false;
  form.addEventListener("reset", () => { chosen.textContent = none; });

  function check() {
    chosen.textContent = file.files.length ? file.files[0].name : none;
    const text = file.files.length ? problem(file.files[0]) : "";
    wrong.textContent = text;
    if (text) file.setAttribute("aria-invalid", "true");
    else file.removeAttribute("aria-invalid");
  }
  file.addEventListener("change", check);

  form.addEventListener("submit", (e) => {
    e.preventDefault();
    if (form.dataset.sent) return; // the button was pressed twice
    const f = file.files[0];
    const text = problem(f);
    if (text) {
      refuse(text);
      return;
    }
    check();
    form.dataset.sent = "1";
    const data = new FormData();
    data.append("file", f);
    const sending = new XMLHttpRequest();
    const job = { id: "own-" + Date.now(), name: f.name, text: "", percent: 0, done: false, failed: false };
    own = {
      name: f.name,
      forget() {
        const li = list.querySelector(`[data-job="${job.id}"]`);
        if (li) li.remove();
        own = null;
      },
    };
    show(job);
    sending.upload.addEventListener("progress", (p) => {
      if (p.lengthComputable && own) show({ ...job, percent: Math.round((10 * p.loaded) / p.total) });
    });
    sending.addEventListener("loadend", () => {
      delete form.dataset.sent;
      if (own) own.forget();
      let answer = null;
      try {
        answer = JSON.parse(sending.responseText);
      } catch {
        // It broke off.
      }
      if (sending.status === 202) {
        show(answer);
        form.reset();
      } else {
        refuse((answer && answer.error) || form.dataset.broken);
      }
      busy = sending.status === 202;
      if (busy) setTimeout(look, 300);
    });
    sending.open("POST", form.action);
    sending.setRequestHeader("Accept", "application/json");
    sending.setRequestHeader("X-Csrf-Token", classroom.token);
    sending.send(data);
  });

  // A job that is under way goes on although the page was loaded anew.
  if (list.querySelector(".job:not(.job-done):not(.job-failed)")) {
    busy = true;
    look();
  }
})();
