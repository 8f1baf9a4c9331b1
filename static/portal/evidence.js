/* Uploading evidence: chosen or dragged in, one after the other, with progress; the lists are shown anew when the
   server has taken a file. Without this script the form is sent as any other. */
(function () {
  "use strict";

  var UNREACHED = "连接不上平台，没有上传。请在网络恢复后再选一次。";
  var FAILED = "平台出错，没有上传，请稍后重试。";
  var EXPIRED = "登录已过期，没有上传。请先在新窗口登录，再回到本页重试。";

  function token() {
    var found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    return found ? found[1] : "";
  }

  function linesOf(form) {
    var block = form.parentNode.getAttribute("data-block");
    if (!block) { return [form.elements.lines.value]; }
    var ticked = document.querySelectorAll("input[name='" + block + "-rows']:checked");
    return Array.prototype.map.call(ticked, function (box) { return box.value; });
  }

  function say(form, text) {
    var note = form.querySelector("[role=status]");
    note.textContent = text;
    note.hidden = text === "";
  }

  function show(html) {
    var answer = new DOMParser().parseFromString(html, "text/html");
    Array.prototype.forEach.call(answer.querySelectorAll(".evidence"), function (list) {
      document.getElementById(list.id).replaceWith(document.importNode(list, true));
    });
  }

  function send(form, files, done) {
    if (!files.length) { done(); return; }
    var body = new FormData();
    linesOf(form).forEach(function (line) { body.append("lines", line); });
    body.append("files", files[0]);
    var bar = form.querySelector("progress");
    var request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-CSRFToken", token() || form.elements.csrfmiddlewaretoken.value);
    request.setRequestHeader("X-Upload", "1");
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", function (event) {
      if (event.lengthComputable) { bar.value = 100 * event.loaded / event.total; }
    });
    request.addEventListener("load", function () {
      if (request.status === 200) {
        show(request.responseText);
        send(form, files.slice(1), done);
        return;
      }
      var plain = (request.getResponseHeader("Content-Type") || "").indexOf("text/plain") === 0;
      done(request.status === 401 ? EXPIRED : plain ? request.responseText : FAILED);
    });
    request.addEventListener("error", function () { done(UNREACHED); });
    bar.hidden = false;
    bar.value = 0;
    request.send(body);
  }

  /* A file that the server would refuse for its size is not sent to it first; the others go. */

  function upload(form, files) {
    var most = Number(form.getAttribute("data-most"));
    var large = Array.from(files).filter(function (file) { return file.size > most; });
    var refused = large.map(function (file) { return "“" + file.name + "”" + form.getAttribute("data-too-large"); }).join("");
    say(form, refused);
    send(form, Array.from(files).filter(function (file) { return file.size <= most; }), function (trouble) {
      form.querySelector("progress").hidden = true;
      form.elements.files.value = "";
      say(form, refused + (trouble || ""));
    });
  }

  function dropZone(target) {
    var card = target.closest ? target.closest(".upload") || target.closest(".card[id^=line-]") : null;
    return card ? card.querySelector("form[data-upload]") : null;
  }

  Array.prototype.forEach.call(document.querySelectorAll("form[data-upload]"), function (form) {
    form.parentNode.hidden = false;
    form.querySelector("button").hidden = true;
    form.elements.files.addEventListener("change", function () { upload(form, form.elements.files.files); });
  });
  document.addEventListener("dragover", function (event) {
    if (dropZone(event.target)) { event.preventDefault(); }
  });
  document.addEventListener("drop", function (event) {
    var form = dropZone(event.target);
    if (!form || !event.dataTransfer.files.length) { return; }
    event.preventDefault();
    form.parentNode.open = true;
    upload(form, event.dataTransfer.files);
  });
}());
