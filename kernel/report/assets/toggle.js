// The button that switches between light and dark.
(function () {
  'use strict';
  var root = document.documentElement, button = document.getElementById('theme-toggle'), system = matchMedia('(prefers-color-scheme: dark)');
  function isDark() {
    var stored = root.getAttribute('data-theme');
    return stored ? stored === 'dark' : system.matches;
  }
  function label() {
    button.textContent = isDark() ? 'Light' : 'Dark';
    button.setAttribute('aria-label', 'Switch to ' + (isDark() ? 'light' : 'dark') + ' colours');
  }
  button.hidden = false;
  button.addEventListener('click', function () {
    var next = isDark() ? 'light' : 'dark';
    root.setAttribute('data-theme', next);
    try { localStorage.setItem('dendrite-theme', next); } catch (e) { /* no storage: the choice applies to this page only */ }
    label();
  });
  system.addEventListener('change', label);
  label();
})();
