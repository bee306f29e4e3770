// The filters of the dashboard without asking again: lines are hidden and shown, the count is said, and the address
// says what is chosen, so that it can be copied and Back comes here again. Without this script the form does the same.
"use strict";
for (const form of document.querySelectorAll("form.filters[data-whole]")) {
  const names = ["q", "state", "category", "word", "only"];
  // As the server compares: without accents, width and case, and traditional characters as simplified ones.
  const forms = new Map((form.dataset.forms.match(/../gu) ?? []).map((pair) => [...pair]));
  const fold = (text) =>
    text.normalize("NFKD").replace(/\p{Mn}/gu, "").replace(/./gsu, (one) => forms.get(one) ?? one).toLowerCase();
  const status = form.querySelector(".shown");
  const board = form.closest("section");
  let desk = board.querySelector(".desk");
  let whole = !new URLSearchParams(location.search).keys().some((name) => names.includes(name));

  const asked = () => {
    const chosen = {};
    for (const name of names) {
      const value = form.elements[name].value.trim();
      if (value) chosen[name] = value;
    }
    return chosen;
  };

  // What is told of a channel, as the server looks at it: each of the words has to occur in it.
  const told = (line) => {
    const pieces = [line, line.nextElementSibling].flatMap((row) => [...row.querySelectorAll("[data-told]")]);
    return fold([line.dataset.also, ...pieces.map((piece) => piece.textContent)].join("\n"));
  };
  const fits = (line, chosen) =>
    ["state", "category", "word"].every((name) => !chosen[name] || line.dataset[name] === chosen[name]) &&
    (!chosen.only || line.dataset.only.split(" ").includes(chosen.only)) &&
    (!chosen.q || fold(chosen.q).split(/\s+/).every((word) => told(line).includes(word)));

  const show = (chosen) => {
    let shown = 0;
    for (const group of desk.querySelectorAll(".board-group")) {
      let any = false;
      for (const line of group.querySelectorAll("tr.one")) {
        const fit = fits(line, chosen);
        line.hidden = line.nextElementSibling.hidden = !fit;
        any ||= fit;
        shown += fit;
      }
      group.hidden = !any;
    }
    const some = Object.keys(chosen).length > 0;
    desk.querySelector(".nothing").hidden = shown > 0;
    form.querySelector(".all").hidden = !some;
    status.textContent = some ? status.dataset.some.replace("{shown}", shown) : status.dataset.all;
  };

  // An address or a form that carries the moment shown keeps it, and takes what is chosen now.
  const carry = (chosen) => {
    for (const link of [location, form.querySelector(".csv")]) {
      const address = new URL(link.href);
      names.forEach((name) => address.searchParams.delete(name));
      Object.entries(chosen).forEach(([name, value]) => address.searchParams.set(name, value));
      if (link === location) history.replaceState(null, "", address);
      else link.href = address;
    }
    const slider = document.querySelector("form.slider");
    slider?.querySelectorAll("input[type=hidden]").forEach((field) => names.includes(field.name) && field.remove());
    for (const [name, value] of Object.entries(chosen)) {
      slider?.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
  };

  // A page that came narrowed has not all lines: they are asked for once.
  const complete = async () => {
    const answer = await fetch(form.dataset.whole);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const lines = page.getElementById(board.getAttribute("aria-labelledby")).closest("section").querySelector(".board-lines");
    desk.querySelectorAll(".board-group").forEach((group) => group.remove());
    desk.querySelector(".nothing").before(...lines.querySelectorAll(".board-group"));
    whole = true;
  };

  const narrow = async () => {
    const chosen = asked();
    carry(chosen);
    if (!whole) await complete();
    show(asked());
  };

  for (const name of names) form.elements[name].addEventListener("input", narrow);
  form.addEventListener("submit", (event) => {
    // Another day has to be asked for.
    const { defaultValue, value } = form.elements.as_of;
    if (value !== defaultValue) return;
    event.preventDefault();
    narrow();
  });
  form.querySelector(".all").addEventListener("click", (event) => {
    event.preventDefault();
    for (const name of names) form.elements[name].value = "";
    form.elements.q.focus();
    narrow();
  });
}
