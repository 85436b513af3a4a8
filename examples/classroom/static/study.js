// A simulated player, and beside it what the supervision platform has on record. The
// player tells the site where it is; what counts is decided there.
"use strict";
(() => {
  const root = document.getElementById("study");
  const $ = (id) => document.getElementById(id);
  const text = root.dataset;
  const speed = Number(text.speed);
  const every = 500; // milliseconds between two ticks
  const play = $("play"), position = $("position"), said = $("said"), end = $("end");
  const slides = [...document.querySelectorAll(".slide")];

  let state = JSON.parse(text.state);
  let page = ""; // of the session; "" before it begins
  let at = state.position; // seconds
  let moved = 0; // when at was brought up to date
  let playing = false;
  let talking = false; // an answer is awaited
  let seeking = false; // the slider is being moved

  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s) % 60).padStart(2, "0")}`;

  // advance moves the player on, by no more than the site can take for played.
  function advance() {
    const now = performance.now();
    if (playing) at = Math.min(at + (Math.min(now - moved, 2000) / 1000) * speed, state.length);
    moved = now;
  }

  function put(id, value) {
    if ($(id).textContent !== String(value)) $(id).textContent = value;
  }

  function showPosition() {
    if (!seeking) position.value = at;
    position.setAttribute("aria-valuetext", `${clock(at)} / ${clock(state.length)}`);
    put("time", `${clock(at)} / ${clock(state.length)}`);
    put("screen-time", clock(at));
    const n = Math.min(Math.floor((at / state.length) * slides.length), slides.length - 1);
    slides.forEach((slide, i) => { slide.hidden = i !== n; });
    $("screen").classList.toggle("playing", playing);
  }

  let held = null; // what is said for some seconds, whatever the phase says

  function say(message, warn) {
    if (said.textContent !== message) said.textContent = message;
    said.classList.toggle("warn", Boolean(warn));
  }

  function show(fresh, extra) {
    const was = state.phase;
    // Without a session, the site does not know why this page has none any more.
    if (fresh.phase === "ready" && (was === "ended" || was === "away")) fresh = { ...fresh, phase: was, message: state.message };
    state = fresh;
    if (state.phase !== "open" && state.phase !== "limit") playing = false;
    if (state.phase === "check" || !page) at = seeking ? at : state.position || at;
    const over = state.phase === "ended" || state.phase === "away";
    if (over) page = "";
    play.textContent = playing ? text.pause : { ended: text.again, away: text.resume, tries: text.again }[state.phase] || text.play;
    play.disabled = state.phase === "check";
    end.disabled = page === "";
    position.disabled = page === "" || state.phase === "check";
    $("face").hidden = state.phase !== "check";
    if (state.phase === "check" && was !== "check") $("face-title").focus();
    if (was === "check" && state.phase === "open") play.focus();
    put("face-tries", text.tries.replace("%s", state.triesLeft));
    for (const name of ["watched", "reported", "left"]) {
      if (state[name]) put(name, state[name]); // without a session, what was last known stands
    }
    if (extra || state.trouble) held = { text: extra || state.trouble, warn: !state.facePassed, until: performance.now() + 5000 };
    if (held && performance.now() < held.until) say(held.text, held.warn);
    else if (page && state.phase === "open" && !playing) say(text.paused);
    else say(state.message, !["ready", "open", "ended"].includes(state.phase));
    showRegulator(state.regulator);
    showPosition();
  }

  function showRegulator(r) {
    put("regulator-status", r.status);
    $("regulator-status").className = "badge " + (r.away ? "badge-rec-failed" : "badge-open");
    put("accepted", r.accepted);
    put("reports", r.reports);
    put("studying", r.studying);
    put("outbox", r.outbox);
    $("outbox").classList.toggle("waiting", r.waiting > 0);
    $("outage-button").value = r.away ? "0" : "1";
    put("outage-button", r.away ? text.restore : text.cut);
    const body = $("records");
    const rows = r.records.map((rec) => [rec.time, rec.what, rec.amount, rec.result]);
    const key = JSON.stringify(rows);
    if (body.dataset.shown !== key) {
      body.dataset.shown = key;
      body.replaceChildren(...(rows.length ? rows : [[body.dataset.none]]).map((cells) => {
        const tr = document.createElement("tr");
        cells.forEach((cell, i) => {
          const td = document.createElement("td");
          td.textContent = cell;
          if (i === 2) td.className = "num";
          if (cells.length === 1) { td.colSpan = 4; td.className = "quiet"; }
          tr.append(td);
        });
        return tr;
      }));
    }
    draw(r.track);
  }

  let chart = null;
  let drawn = "";
  function draw(track) {
    const key = JSON.stringify(track.slice(-2));
    if (key === drawn) return;
    drawn = key;
    const line = (name) => track.map((p) => ({ x: p.at, y: p[name] }));
    if (!chart) {
      const css = getComputedStyle(document.documentElement);
      const colour = (name) => css.getPropertyValue(name).trim();
      Chart.defaults.font.family = css.getPropertyValue("--font");
      Chart.defaults.font.size = 13;
      Chart.defaults.color = colour("--muted");
      const set = (label, border, dash) => ({ label, data: [], borderColor: border, backgroundColor: border, borderWidth: 2.5, borderDash: dash, pointRadius: 0, pointHitRadius: 8 });
      chart = new Chart($("track"), {
        type: "line",
        data: { datasets: [set(text.watched, colour("--accent"), []), { ...set(text.accepted, "#b4561a", [6, 4]), stepped: true }] },
        options: {
          maintainAspectRatio: false, animation: false, parsing: false,
          interaction: { mode: "nearest", axis: "x", intersect: false },
          plugins: { legend: { position: "top", align: "end", labels: { usePointStyle: true, pointStyle: "line" } } },
          scales: {
            x: { type: "linear", min: 0, suggestedMax: 2, ticks: { precision: 0 }, title: { display: true, text: text.x }, grid: { display: false } },
            y: { min: 0, suggestedMax: 2, title: { display: true, text: text.y }, ticks: { precision: 0 } },
          },
        },
      });
    }
    chart.data.datasets[0].data = line("watched");
    chart.data.datasets[1].data = line("accepted");
    chart.update();
  }

  // talk sends what there is to say, one at a time, and shows the answer.
  async function talk(what, body, extra) {
    if (talking) return null;
    talking = true;
    const fresh = await classroom.ask(`${text.base}/${what}`, body);
    talking = false;
    if (fresh) {
      if (fresh.page) page = fresh.page;
      show(fresh, extra && extra(fresh));
    }
    return fresh;
  }

  const tick = (more) => talk("tick", { page, position: at, playing, ...more });

  async function begin() {
    play.disabled = true;
    const fresh = await talk("start", {});
    play.disabled = false;
    if (!fresh || !fresh.page) return;
    at = fresh.position >= fresh.length ? 0 : fresh.position;
    await tick({ seek: true, playing: false });
    resume();
  }

  function resume() {
    if (state.phase !== "open" && state.phase !== "limit") return;
    moved = performance.now();
    playing = true;
    tick();
    show(state);
  }

  async function pause() {
    advance();
    playing = false;
    held = null;
    show(state);
    await settled();
    await tick();
  }

  // settled waits until nothing is being said.
  async function settled() {
    while (talking) await new Promise((done) => setTimeout(done, 20));
  }

  play.addEventListener("click", async () => {
    if (playing) { await pause(); return; }
    await settled();
    if (page && state.phase === "tries") {
      await talk("end", { page });
      page = "";
    }
    if (page) resume();
    else await begin();
  });

  end.addEventListener("click", async () => {
    if (playing) await pause();
    await settled();
    await talk("end", { page });
  });

  position.addEventListener("input", () => { seeking = true; put("time", `${clock(position.value)} / ${clock(state.length)}`); });
  position.addEventListener("change", async () => {
    const to = Number(position.value);
    await settled();
    if (playing) { advance(); await tick(); } // what was played before the jump
    at = to;
    moved = performance.now();
    seeking = false;
    await tick({ seek: true });
  });

  async function face(who) {
    await settled();
    for (const b of [$("face-self"), $("face-other")]) b.disabled = true;
    $("face").querySelector("img").src = `${text.base}/camera/${who}`;
    const fresh = await talk("face", { page, face: who }, (f) => (f.facePassed ? text.passed : f.faceFailed ? text.failed : ""));
    for (const b of [$("face-self"), $("face-other")]) b.disabled = false;
    if (fresh && fresh.facePassed) {
      at = fresh.position;
      resume();
    }
  }
  $("face-self").addEventListener("click", () => face("self"));
  $("face-other").addEventListener("click", () => face("other"));

  $("outage").addEventListener("submit", async (e) => {
    e.preventDefault();
    await classroom.ask("/regulator", { away: $("outage-button").value === "1" });
    await settled();
    await (page ? tick() : talk("state"));
  });

  // The regulator's side changes without us, too: reports arrive late.
  setInterval(() => {
    advance();
    showPosition();
    if (talking || document.hidden && !playing) return;
    if (page) tick();
    else talk("state");
  }, every);

  show(state);
})();
