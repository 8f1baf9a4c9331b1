/* data-copy="id"   a button copies that field's text; where the browser does not allow it, the text is selected for Ctrl+C. */
(function () {
  "use strict";

  function say(button, text) {
    var before = button.getAttribute("data-label") || button.textContent;
    button.setAttribute("data-label", before);
    button.textContent = text;
    setTimeout(function () { button.textContent = before; }, 3000);
  }

  function selected(button, field) {
    field.focus();
    field.select();
    var done = false;
    try { done = document.execCommand("copy"); } catch (error) { done = false; }
    say(button, done ? "已复制" : "已选中，请按 Ctrl+C");
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest ? event.target.closest("[data-copy]") : null;
    if (!button) return;
    var field = document.getElementById(button.getAttribute("data-copy"));
    if (!navigator.clipboard) {
      selected(button, field);
      return;
    }
    navigator.clipboard.writeText(field.value).then(
      function () { say(button, "已复制"); },
      function () { selected(button, field); }
    );
  });
})();
