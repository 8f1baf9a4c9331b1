/* The filing page: a verb waits for the line saves under way, whose versions it needs; completion and stage follow each other, so that a clerk enters only one of them; a folded line
   opens when a link leads to it. */
(function () {
  "use strict";

  function fields(line) {
    return {
      completion: line.querySelector("[name$='-completion']"),
      stage: line.querySelector("[name$='-stage']"),
    };
  }

  function stageOf(text) {
    var number = Number(text.normalize("NFKC").replace("%", "").trim());
    if (text.trim() === "" || isNaN(number)) { return null; }
    return number === 0 ? "NOT_STARTED" : number === 100 ? "COMPLETED" : "UNDER_WAY";
  }

  document.addEventListener("input", function (event) {
    var line = event.target.closest("[data-line]");
    if (!line) { return; }
    var pair = fields(line);
    if (event.target === pair.completion && pair.stage) {
      var stage = stageOf(pair.completion.value);
      if (stage !== null) { pair.stage.value = stage; }
    }
  }, true);

  document.addEventListener("change", function (event) {
    var line = event.target.closest("[data-line]");
    if (!line) { return; }
    var pair = fields(line);
    if (event.target !== pair.stage || !pair.completion) { return; }
    var now = stageOf(pair.completion.value);
    if (now === pair.stage.value) { return; }
    pair.completion.value = { NOT_STARTED: "0", COMPLETED: "100" }[pair.stage.value] || "";
  }, true);

  var form = document.getElementById("return");
  var running = 0;
  var failed = false;
  var waiting = null;

  document.addEventListener("htmx:beforeRequest", function (event) {
    if (form.hasAttribute("data-sending")) { event.preventDefault(); }
  });
  document.addEventListener("htmx:beforeSend", function () { running += 1; });
  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function () { failed = true; });
  });
  document.addEventListener("htmx:afterRequest", function () {
    running -= 1;
    setTimeout(goOn, 0);  /* a save that was queued behind this one starts first */
  });

  function goOn() {
    if (running || !waiting) { return; }
    var button = waiting;
    waiting = null;
    if (!failed) { form.requestSubmit(button); }
  }

  form.addEventListener("submit", function (event) {
    if (!running) { return; }
    event.preventDefault();
    waiting = event.submitter;
    failed = false;
  });

  document.addEventListener("click", function (event) {
    var asked = event.target.closest("[data-carry]");
    if (!asked) { return; }
    var line = asked.closest(".line");
    var text = line.querySelector("textarea[name$='-progress']");
    var told = line.querySelector("[data-told]").textContent;
    if (text.value.trim() && text.value !== told && !window.confirm("本季进展已有文字，确定换成上次的文字吗？")) { return; }
    text.value = told;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  });

  function unfold() {
    var line = document.getElementById(location.hash.slice(1));
    if (line && line.tagName === "DETAILS") {
      line.open = true;
      line.scrollIntoView();
    }
  }

  window.addEventListener("hashchange", unfold);
  unfold();
}());
