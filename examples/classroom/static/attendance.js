// The charts of the page. Their numbers are those of the tables beside them.
"use strict";
(() => {
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(name).trim();
  Chart.defaults.font.family = css.getPropertyValue("--font");
  Chart.defaults.font.size = 13;
  Chart.defaults.color = colour("--muted");
  Chart.defaults.animation = false;
  for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
    const rows = [...document.querySelectorAll(`#${canvas.dataset.table} tbody tr`)];
    const bars = canvas.dataset.chart === "bar";
    const short = (s) => (s.length > 8 ? s.slice(0, 7) + "…" : s);
    new Chart(canvas, {
      type: canvas.dataset.chart,
      data: {
        labels: rows.map((r) => r.dataset.label),
        datasets: [{
          label: canvas.dataset.label,
          data: rows.map((r) => Number(r.dataset.value)),
          backgroundColor: bars ? colour("--accent") : colour("--accent-soft"),
          borderColor: colour("--accent"),
          borderWidth: bars ? 0 : 2,
          borderRadius: 4,
          maxBarThickness: 40,
          pointRadius: 0,
          pointHitRadius: 12,
          fill: !bars,
          stepped: bars ? false : "middle",
        }],
      },
      options: {
        maintainAspectRatio: false,
        plugins: { legend: { display: false } },
        scales: {
          x: { grid: { display: false }, ticks: { maxRotation: 60, callback(value) { return short(this.getLabelForValue(value)); } } },
          y: { beginAtZero: true, grace: bars ? 0 : 1, title: { display: true, text: canvas.dataset.label }, ticks: { precision: 0 } },
        },
      },
    });
  }
})();
