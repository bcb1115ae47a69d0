// The ways in which a picture comes: chosen, drawn here, dropped anywhere, or pasted.

import { byId } from "./dom.js";
import { sample } from "./samples.js";

/** Hands each file that comes to `take`. */
export function arrivals(take) {
  byId("file").addEventListener("change", (event) => take(event.target.files[0]));
  for (const button of document.querySelectorAll("[data-sample]")) {
    button.addEventListener("click", async () => take(await sample(button.dataset.sample)));
  }
  // A text that is dragged into a field goes its own way.
  const brings = (event) => [...event.dataTransfer.types].includes("Files");
  const over = (isOver) => byId("drop").classList.toggle("over", isOver);
  document.addEventListener("dragover", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) over(false);
  });
  document.addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    over(false);
    take(named(event.dataTransfer.files[0]));
  });
  // A text that is pasted into a field has no file in it.
  document.addEventListener("paste", (event) => take(named(event.clipboardData.files[0])));
}

// Not all that is pasted has a name of its own.
const named = (file) => (!file || file.name ? file : new File([file], "pasted.png", { type: file.type }));
