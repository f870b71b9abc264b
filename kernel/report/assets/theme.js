// Applies the reader's choice of light or dark before the page is drawn.
(function () {
  'use strict';
  try {
    var stored = localStorage.getItem('dendrite-theme');
    if (stored === 'dark' || stored === 'light') document.documentElement.setAttribute('data-theme', stored);
  } catch (e) { /* no storage: use the system's setting */ }
})();
