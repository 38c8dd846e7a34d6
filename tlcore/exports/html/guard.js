/* Runs before all else, in the JavaScript of any browser: says why where the rest of the file can't. */
(function () {
  "use strict";
  var say = function (words) {
    document.getElementById("status").textContent = words;
  };
  var isLoading = function () {
    return !document.body.getAttribute("data-state");
  };
  say("Loading the model…");
  window.addEventListener("error", function () {
    if (isLoading()) say("This browser can’t run the model. Open the file in a current version of Chrome, Edge, Firefox or Safari.");
  });
  document.addEventListener("DOMContentLoaded", function () {
    if (document.getElementById("tl-end")) return;
    document.body.setAttribute("data-state", "failed");
    say("This file is incomplete. Copy or download it again, and eject a stick before you pull it out.");
  });
})();
