// The page around a classroom says when its link is too old to be used again.
"use strict";
(() => {
  const hint = document.getElementById("class-hint");
  if (!hint) return;
  setTimeout(() => {
    hint.textContent = hint.dataset.old;
  }, Number(hint.dataset.minutes) * 60 * 1000);
})();
