// Before anything is painted: the reader's own choice of light or dark.
(function () {
  'use strict';
  try {
    var said = localStorage.getItem('dendrite-theme');
    if (said === 'dark' || said === 'light') document.documentElement.setAttribute('data-theme', said);
  } catch (e) { /* no storage: the system's choice stands */ }
})();
