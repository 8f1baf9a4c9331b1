/* The filing page: a verb saves the lines typed last, waits for the saves under way, whose versions it needs, and asks
   whether the login still lives, so that no text is lost on the way to the login page; what could not be sent is sent
   again until the server answers; completion and stage follow each other, so that a clerk enters only one of them;
   a completion below the last one asks why; the head counts lines with errors and leads to the first; a folded line
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
      askWhyBelow(line, pair.completion);
    }
  }, true);

  function askWhyBelow(line, completion) {
    var asked = line.querySelector("[data-below]");
    if (!asked) { return; }
    var number = Number(completion.value.normalize("NFKC").replace("%", "").trim());
    var below = completion.value.trim() !== "" && number < Number(asked.getAttribute("data-below"));
    asked.hidden = !below && !asked.querySelector("input").value;
  }

  document.addEventListener("change", function (event) {
    var line = event.target.closest("[data-line]");
    if (!line) { return; }
    var pair = fields(line);
    if (event.target !== pair.stage || !pair.completion) { return; }
    var now = stageOf(pair.completion.value);
    if (now === pair.stage.value) { return; }
    pair.completion.value = { NOT_STARTED: "0", COMPLETED: "100" }[pair.stage.value] || "";
    askWhyBelow(line, pair.completion);
  }, true);

  var form = document.getElementById("return");
  var running = 0;
  var failed = false;
  var waiting = null;

  /* Only what was typed since the last send is sent: leaving a field, or choosing what to do about a conflict, would
     otherwise send the same text once more, and its answer would undo the choice. */

  var typed = new WeakSet();

  document.addEventListener("input", function (event) {
    var unit = event.target.closest("[hx-post]");
    if (unit) { typed.add(unit); }
  }, true);
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (form.hasAttribute("data-sending") || !typed.has(event.detail.elt)) { event.preventDefault(); }
  });
  document.addEventListener("htmx:beforeSend", function (event) {
    typed.delete(event.detail.elt);
    running += 1;
  });
  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      failed = true;
      typed.add(event.detail.elt);
    });
  });
  /* Of two lines saved side by side the later answer may be the older one: the version never goes back. */

  document.addEventListener("htmx:oobBeforeSwap", function (event) {
    var fresh = event.detail.fragment.querySelector("#return-version");
    if (fresh && Number(fresh.value) < Number(event.detail.target.value)) { event.detail.shouldSwap = false; }
  });
  document.addEventListener("htmx:afterRequest", function () {
    running -= 1;
    setTimeout(goOn, 0);  /* a save that was queued behind this one starts first */
  });

  /* Not reached, or down for a moment: the text stays, and is sent again until there is an answer. */

  var AGAIN_AFTER = 5000;
  var unsent = new Set();

  function sendAgain() {
    var elements = Array.from(unsent);
    unsent.clear();
    elements.forEach(function (element) {
      if (document.contains(element)) { window.htmx.trigger(element, "change"); }
    });
  }

  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      var xhr = event.detail.xhr;
      if (name === "htmx:responseError" && [502, 503, 504].indexOf(xhr.status) < 0) { return; }
      if (unsent.size === 0) { setTimeout(sendAgain, AGAIN_AFTER); }
      unsent.add(event.detail.elt);
    });
  });
  window.addEventListener("online", sendAgain);

  function countWrong() {
    var marks = Array.from(document.querySelectorAll(".filing nav a")).filter(function (link) {
      return link.lastElementChild.textContent === "有误";
    });
    var told = document.getElementById("filing-wrong");
    told.hidden = marks.length === 0;
    told.querySelector("a span").textContent = marks.length;
    if (marks.length) { told.querySelector("a").setAttribute("href", marks[0].getAttribute("href")); }
  }

  document.addEventListener("htmx:afterSettle", countWrong);
  countWrong();

  function goOn() {
    if (running || !waiting) { return; }
    var button = waiting;
    waiting = null;
    if (!failed) { whileSignedIn(function () { form.requestSubmit(button); }); }
  }

  /* Blocks and reasons are sent by the form alone: an answer that leads to the login page would lose them. */

  var UNREACHED = "连接不上平台，没有提交。内容仍在本页，请在网络恢复后重试。";
  var asking = false;
  var cleared = false;

  function whileSignedIn(work) {
    asking = true;
    window.fetch(form.action, { method: "HEAD", redirect: "manual", credentials: "same-origin" }).then(function (answer) {
      return answer.text().then(function () { return answer; });
    }).then(function (answer) {
      asking = false;
      if (answer.type === "opaqueredirect" || answer.status === 401) { refuse({ status: 401 }); return; }
      cleared = true;
      work();
      cleared = false;
    }, function () {
      asking = false;
      refuse({ text: UNREACHED });
    });
  }

  function refuse(detail) {
    document.dispatchEvent(new CustomEvent("portal:refused", { detail: detail }));
  }

  form.addEventListener("submit", function (event) {
    if (cleared || form.hasAttribute("data-sending")) { return; }
    event.preventDefault();
    if (asking) { return; }
    waiting = event.submitter;
    failed = false;
    Array.from(document.querySelectorAll("[hx-post]")).forEach(function (unit) {
      if (typed.has(unit)) { window.htmx.trigger(unit, "change"); }
    });
    goOn();
  });

  document.addEventListener("click", function (event) {
    var asked = event.target.closest("[data-carry]");
    if (!asked) { return; }
    var line = asked.closest(".line");
    var text = line.querySelector("textarea[name$='-progress']");
    var told = line.querySelector("[data-told]").textContent;
    if (text.value.trim() && text.value !== told && !window.confirm("已有文字，确定换成上次的文字吗？")) { return; }
    text.value = told;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  });

  document.addEventListener("click", function (event) {
    var asked = event.target.closest("[data-quote]");
    if (!asked) { return; }
    var text = asked.closest(".body").querySelector("textarea[name$='-progress']");
    var told = asked.getAttribute("data-quote") + "：" + asked.parentNode.querySelector("[data-told]").textContent;
    text.value = text.value.trim() ? text.value.trimEnd() + "\n" + told : told;
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
