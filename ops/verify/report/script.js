"use strict";
const items = [...document.querySelectorAll("details[data-word]")];
const boxes = [...document.querySelectorAll("input[name=word]")];
const search = document.querySelector("input[type=search]");
const shown = document.querySelector("#shown");
function filter() {
  const words = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  const text = search.value.trim().toLowerCase();
  let count = 0;
  for (const item of items) {
    item.hidden = !words.has(item.dataset.word) || !item.textContent.toLowerCase().includes(text);
    count += item.hidden ? 0 : 1;
  }
  shown.textContent = `${count} of ${items.length} checks`;
}
boxes.forEach((box) => box.addEventListener("change", filter));
search.addEventListener("input", filter);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  }
});
filter();
