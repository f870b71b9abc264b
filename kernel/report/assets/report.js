// The report's own behaviour. Everything it adds is an extra: without it the
// report shows all figures, formulas, tables and code.
(function () {
  'use strict';
  function all(selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); }

  // All code at once.
  var codeButton = document.getElementById('code-toggle');
  if (codeButton) {
    codeButton.hidden = false;
    codeButton.addEventListener('click', function () {
      var show = codeButton.getAttribute('aria-pressed') !== 'true';
      codeButton.setAttribute('aria-pressed', String(show));
      codeButton.textContent = show ? 'Hide all code' : 'Show all code';
      all('details.code').forEach(function (d) { d.open = show; });
    });
  }

  // The table of contents: folded on a phone, following the reader elsewhere.
  var toc = document.querySelector('.toc details'), wide = matchMedia('(min-width: 68rem)');
  function fold() { toc.open = wide.matches; }
  if (toc) {
    fold();
    wide.addEventListener('change', fold);
  }
  var links = {};
  all('.toc a').forEach(function (a) { links[decodeURIComponent(a.hash.slice(1))] = a; });
  var marks = Object.keys(links).map(function (id) { return document.getElementById(id); }).filter(Boolean);
  var current = null, waiting = false;
  function follow() {
    waiting = false;
    var here = marks[0];
    marks.forEach(function (m) { if (m.getBoundingClientRect().top < 120) here = m; });
    var a = here && links[here.id];
    if (a === current) return;
    if (current) current.removeAttribute('aria-current');
    if (a) a.setAttribute('aria-current', 'true');
    current = a;
  }
  addEventListener('scroll', function () {
    if (!waiting) { waiting = true; requestAnimationFrame(follow); }
  }, {passive: true});
  follow();

  // A formula wider than the screen scrolls: by keyboard too.
  function reach() {
    all('math[display="block"]').forEach(function (m) {
      if (m.scrollWidth > m.clientWidth) m.setAttribute('tabindex', '0'); else m.removeAttribute('tabindex');
    });
  }
  reach();
  addEventListener('resize', reach);

  // Figures: keep the picture for print and download, then draw the chart.
  function save(link, href) {
    link.href = href;
    link.hidden = false;
  }
  function png(figure, img, link) {
    link.hidden = false;
    link.href = '#' + figure.id;
    link.addEventListener('click', function (event) {
      event.preventDefault();
      var canvas = document.createElement('canvas'), scale = 3;
      canvas.width = img.getAttribute('width') * scale;
      canvas.height = img.getAttribute('height') * scale;
      canvas.getContext('2d').drawImage(img, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(function (blob) {
        var a = document.createElement('a'), url = URL.createObjectURL(blob);
        a.href = url;
        a.download = link.download;
        a.click();
        setTimeout(function () { URL.revokeObjectURL(url); }, 10000);
      });
    });
  }
  all('figure.figure').forEach(function (figure) {
    var el = figure.querySelector('.dendrite-chart'), img = el.querySelector('img');
    var print = img.cloneNode();
    print.className = 'figure-print';
    print.alt = '';
    figure.insertBefore(print, el);
    save(figure.querySelector('.save-svg'), img.src);
    png(figure, print, figure.querySelector('.save-png'));
    var option = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    [option, option.baseOption].forEach(function (o) {
      if (!o) return;
      if (o.toolbox && o.toolbox.feature) o.toolbox.feature.saveAsImage = {show: false}; // the links below the figure do that
      if (o.tooltip && !Array.isArray(o.tooltip)) o.tooltip.renderMode = 'richText'; // text is never HTML
    });
    try {
      el.style.height = el.getAttribute('data-height') + 'px';
      globalThis.__dendrite.draw(el, option);
    } catch (e) { // the picture is as good
      el.style.height = '';
      el.textContent = '';
      el.appendChild(img);
      console.error('figure ' + figure.getAttribute('data-number') + ': ' + e);
    }
  });
})();
