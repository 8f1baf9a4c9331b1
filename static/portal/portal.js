/* What the pages do beyond plain HTML. Everything works without it except saving while one types.

   data-autosubmit      a select sends its form when changed
   data-confirm="问句"   a form, button or link asks first
   data-print           a button prints the page
   data-insert="id"     a button adds its text to the field
   data-most="字节数"     a file field drops files that are larger, and says so before anything is sent
   data-guard           a form whose typed text is not lost without a warning; saving it clears the mark
   An answer 409 or 422 is shown where the request's
   target is; of other errors the answer's plain text or a fragment's element with class notice is shown, else the status
   in words. */
(function () {
  "use strict";

  var SAYS = {
    0: "连接不上平台，刚才的修改没有保存。内容仍在本页，连上后会自动再存。",
    400: "提交的内容不完整或格式不对，没有保存。内容仍在本页，请检查后重试。",
    401: "登录已过期，没有保存。请先在新窗口登录，再回到本页重试。",
    403: "没有保存：您没有权限，或页面打开太久、登录已过期。请复制未保存的文字，刷新页面后重试。",
    404: "没有保存：这项内容已不存在，或您不能查看。请刷新页面。",
    409: "没有保存：内容已被他人修改，或填报已截止。请复制未保存的文字，刷新页面后查看。",
    413: "没有保存：文件太大，请压缩或拆分后再上传。",
    423: "没有保存：填报已截止，或已经报送、不能再改。",
    429: "操作太频繁，没有保存，请稍后重试。"
  };
  var TIMED_OUT = "网络太慢，等候超时，不能确定是否已保存。内容仍在本页，请重试。";
  var NOT_READ = "没有取到最新情况，本页显示的可能已过时。请刷新页面。";
  var FAILED = "平台出错，没有保存。内容仍在本页，请稍后重试；多次出现请联系系统管理员。";

  var bar = document.querySelector(".bar.sticky");
  function keepClearOfBar() {
    var height = getComputedStyle(bar).position === "sticky" ? bar.offsetHeight : 0;
    document.documentElement.style.setProperty("--bar-height", height + "px");
  }
  if (bar) { keepClearOfBar(); }
  if (bar && window.ResizeObserver) { new ResizeObserver(keepClearOfBar).observe(bar); }

  var live = document.getElementById("live");

  function closest(target, selector) {
    return target && target.closest ? target.closest(selector) : null;
  }

  function each(list, work) {
    Array.prototype.forEach.call(list, work);
  }

  /* Speaking: bad news stays until it is closed. */

  function announce(text, level) {
    var note = document.createElement("div");
    note.className = "notice " + level;
    note.appendChild(document.createTextNode(text));
    var close = document.createElement("button");
    close.type = "button";
    close.className = "link";
    close.textContent = "关闭";
    close.addEventListener("click", silence);
    note.appendChild(close);
    silence();
    live.appendChild(note);
  }

  function silence() {
    live.textContent = "";
  }

  function reasonIn(xhr) {
    var type = xhr.getResponseHeader("Content-Type") || "";
    if (type.indexOf("text/plain") === 0) return xhr.responseText.trim();
    if (type.indexOf("text/html") !== 0) return "";
    var answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
    var notice = answer.querySelector("main") ? null : answer.querySelector(".notice");
    return notice ? notice.textContent.trim() : "";
  }

  /* Unsaved text. What is saved by itself (an element with hx-post, else the whole form) is dirty from typing until
     its save has been answered; what is typed while a save is under way stays dirty. */

  var dirty = new Map();

  function unitOf(element) {
    return closest(element, "[hx-post]") || element.form || closest(element, "form");
  }

  function formOf(unit) {
    if (unit.tagName === "FORM") return unit;
    var field = unit.querySelector("input, textarea, select");
    return field ? field.form : null;
  }

  function markDirty(unit) {
    var form = unit && formOf(unit);
    if (!form || !form.hasAttribute("data-guard")) return;
    dirty.set(unit, form);
    showDirt(unit);
  }

  function markClean(unit) {
    dirty.delete(unit);
    showDirt(unit);
  }

  function showDirt(unit) {
    var card = closest(unit, ".card");
    if (card) card.classList.toggle("dirty", dirty.has(unit));
  }

  function holdsUnsavedText() {
    return Array.from(dirty).some(function (pair) {
      return document.contains(pair[0]) && !pair[1].hasAttribute("data-sending");
    });
  }

  document.addEventListener("input", function (event) { markDirty(unitOf(event.target)); });
  document.addEventListener("change", function (event) {
    if (event.target.hasAttribute("data-autosubmit")) event.target.form.submit();
  });

  window.addEventListener("beforeunload", function (event) {
    if (!holdsUnsavedText()) return;
    event.preventDefault();
    event.returnValue = "";
  });

  /* Signing in again in another window changes the token; what was typed here can still be sent. */

  function freshToken() {
    var found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    return found ? found[1] : "";
  }

  /* Asking first, and sending only once. */

  function refused(element, event) {
    if (window.confirm(element.getAttribute("data-confirm"))) return false;
    event.preventDefault();
    event.stopImmediatePropagation();
    return true;
  }

  document.addEventListener("click", function (event) {
    var asked = closest(event.target, "button[data-confirm], a[data-confirm], input[data-confirm]");
    if (asked) refused(asked, event);
  }, true);

  document.addEventListener("submit", function (event) {
    if (event.target.hasAttribute("data-confirm")) refused(event.target, event);
  }, true);

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.hasAttribute("data-sending")) {
      event.preventDefault();
      return;
    }
    form.setAttribute("data-sending", "");
    var hidden = form.querySelector("input[name=csrfmiddlewaretoken]");
    if (hidden) hidden.value = freshToken() || hidden.value;
    setTimeout(function () { form.removeAttribute("data-sending"); }, 8000);
  });

  window.addEventListener("pageshow", function () {
    each(document.querySelectorAll("form[data-sending]"), function (form) { form.removeAttribute("data-sending"); });
  });

  /* Small controls. */

  document.addEventListener("click", function (event) {
    if (closest(event.target, "[data-print]")) window.print();
    each(document.querySelectorAll("details.menu[open]"), function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  /* The server checks as well: this spares the wait for an upload that it would refuse. */

  function dropTooLarge(field) {
    var most = Number(field.getAttribute("data-most"));
    var kept = new DataTransfer();
    var large = Array.from(field.files).filter(function (file) {
      if (file.size <= most) kept.items.add(file);
      return file.size > most;
    });
    if (large.length) field.files = kept.files;
    sayTooLarge(field, large.map(function (file) {
      return "“" + file.name + "”超过 " + most / 1024 / 1024 + " MB，没有选上，请压缩或拆分后再选。";
    }).join(""));
  }

  function sayTooLarge(field, text) {
    var note = field.parentNode.querySelector("[data-too-large]");
    if (!note) {
      note = document.createElement("div");
      note.className = "small bad";
      note.setAttribute("role", "alert");
      note.setAttribute("data-too-large", "");
      field.parentNode.insertBefore(note, field.nextSibling);
    }
    note.textContent = text;
    note.hidden = text === "";
  }

  document.addEventListener("change", function (event) {
    if (event.target.hasAttribute("data-most")) dropTooLarge(event.target);
  }, true);

  document.addEventListener("click", function (event) {
    var asked = closest(event.target, "[data-insert]");
    if (!asked) return;
    var field = document.getElementById(asked.getAttribute("data-insert"));
    field.value = field.value.trim() ? field.value.trim() + "\n" + asked.textContent : asked.textContent;
    field.focus();
  });

  document.addEventListener("keydown", function (event) {
    var menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  /* What is left empty of a form is not printed: an optional part without anything in it stays shut. */
  function leftEmpty(details) {
    var fields = Array.from(details.querySelectorAll("input:not([type=hidden]), textarea, select"));
    return fields.length > 0 && fields.every(function (field) {
      return field.type === "checkbox" || field.type === "radio" ? !field.checked : !field.value.trim();
    });
  }

  window.addEventListener("beforeprint", function () {
    each(document.querySelectorAll("main details:not([open])"), function (details) {
      if (leftEmpty(details)) return;
      details.open = true;
      details.setAttribute("data-opened-to-print", "");
    });
  });
  window.addEventListener("afterprint", function () {
    each(document.querySelectorAll("[data-opened-to-print]"), function (details) {
      details.open = false;
      details.removeAttribute("data-opened-to-print");
    });
  });

  /* What scrolls sideways can be reached and scrolled with the keyboard. */

  function nameScrollers() {
    each(document.querySelectorAll(".scroll"), function (box) {
      if (box.scrollWidth <= box.clientWidth && box.scrollHeight <= box.clientHeight) return;
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "可滚动的表格");
    });
  }

  nameScrollers();
  window.addEventListener("resize", nameScrollers);
  document.addEventListener("htmx:afterSettle", nameScrollers);

  /* Saving through htmx: an answer that shows an alert or a marked field did not save. */

  var REFUSED = "[data-unsaved], [role=alert], [aria-invalid=true], .state .bad";

  document.addEventListener("htmx:configRequest", function (event) {
    var token = freshToken();
    if (!token || event.detail.verb === "get") return;
    event.detail.headers["X-CSRFToken"] = token;
    if (event.detail.formData.has("csrfmiddlewaretoken")) event.detail.formData.set("csrfmiddlewaretoken", token);
  });
  document.addEventListener("htmx:beforeSend", function (event) {
    if (event.detail.requestConfig.verb !== "get") markClean(unitOf(event.detail.elt));
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    var config = event.detail.requestConfig;
    var unit = config && config.verb !== "get" && unitOf(config.elt);
    if (unit && unit.querySelector(REFUSED)) markDirty(unit);
  });

  function failed(event, text) {
    if (event.detail.requestConfig && event.detail.requestConfig.verb === "get") {
      announce(NOT_READ, "warn");
      return;
    }
    markDirty(unitOf(event.detail.elt));
    announce(text, "bad");
  }

  function isLoginPage(xhr) {
    if (!xhr.responseURL) return false;
    return new URL(xhr.responseURL).pathname === document.body.getAttribute("data-login");
  }

  document.addEventListener("htmx:beforeSwap", function (event) {
    if (isLoginPage(event.detail.xhr)) {
      event.detail.shouldSwap = false;
      failed(event, SAYS[401]);
    }
  });
  document.addEventListener("htmx:responseError", function (event) {
    var status = event.detail.xhr.status;
    failed(event, reasonIn(event.detail.xhr) || SAYS[status] || FAILED);
  });
  document.addEventListener("htmx:sendError", function (event) { failed(event, SAYS[0]); });
  document.addEventListener("htmx:timeout", function (event) { failed(event, TIMED_OUT); });

  /* A script of a page that did not send says why: `text`, or the `status` it was answered. */

  document.addEventListener("portal:refused", function (event) {
    announce(event.detail.text || SAYS[event.detail.status], "bad");
  });

  window.addEventListener("online", function () { announce("网络已恢复。", "warn"); });
})();
