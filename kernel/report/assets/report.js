// The script of the report. Without it the report shows all figures, formulas, tables and
// code too.
(function () {
  'use strict';
  function all(selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); }

  // The button that shows or hides all code.
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

  // The table of contents is folded on a phone; elsewhere it marks the current section.
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

  // Formulas wider than the screen can be scrolled by keyboard.
  function reach() {
    all('math[display="block"]').forEach(function (m) {
      if (m.scrollWidth > m.clientWidth) m.setAttribute('tabindex', '0'); else m.removeAttribute('tabindex');
    });
  }
  reach();
  addEventListener('resize', reach);

  // Unpacks a compressed data block. A browser that cannot do this shows the pictures and
  // no links to unpacked data.
  function unpack(el) {
    var text = atob(el.textContent), bytes = new Uint8Array(text.length);
    for (var i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
  }
  function packed(within, name) { return within.querySelector('script[type="application/gzip"].' + name); }

  // Inserts the images that are in the static picture and not in the packed option.
  function withImages(text, img) {
    var images = null;
    return text.replace(/dendrite-image:(\d+)/g, function (all, i) {
      images = images || decodeURIComponent(img.src).match(/data:image\/png;base64,[A-Za-z0-9+\/]+=*/g) || [];
      return images[i] || '';
    });
  }

  // Shows a link that creates a file and saves it when it is clicked.
  function offer(link, figure, make) {
    link.hidden = false;
    link.href = '#' + figure.id;
    link.addEventListener('click', function (event) {
      event.preventDefault();
      make().then(function (blob) {
        var a = document.createElement('a'), url = URL.createObjectURL(blob);
        a.href = url;
        a.download = link.download;
        a.click();
        setTimeout(function () { URL.revokeObjectURL(url); }, 10000);
      });
    });
  }
  function png(img) {
    var canvas = document.createElement('canvas'), scale = 3;
    canvas.width = img.getAttribute('width') * scale;
    canvas.height = img.getAttribute('height') * scale;
    canvas.getContext('2d').drawImage(img, 0, 0, canvas.width, canvas.height);
    return new Promise(function (done) { canvas.toBlob(done); });
  }

  // Draws a chart. The picture is kept for print and download.
  function plot(figure, el, img, option) {
    [option, option.baseOption].forEach(function (o) {
      if (!o) return;
      if (o.toolbox && o.toolbox.feature) o.toolbox.feature.saveAsImage = {show: false}; // the links below the figure do that
    });
    try {
      el.style.height = el.getAttribute('data-height') + 'px';
      globalThis.__dendrite.draw(el, option);
    } catch (e) { // show the picture instead
      el.style.height = '';
      el.textContent = '';
      el.appendChild(img);
      console.error('figure ' + figure.getAttribute('data-number') + ': ' + e);
    }
  }
  var able = typeof DecompressionStream === 'function';
  var figures = all('figure.figure').map(function (figure) {
    var el = figure.querySelector('.dendrite-chart'), img = el.querySelector('img');
    var print = img.cloneNode();
    print.className = 'figure-print';
    print.alt = '';
    figure.insertBefore(print, el);
    var svg = figure.querySelector('.save-svg'), csv = packed(figure, 'csv');
    svg.href = img.src;
    svg.hidden = false;
    offer(figure.querySelector('.save-png'), figure, function () { return png(print); });
    if (csv && able) offer(figure.querySelector('.save-csv'), figure, function () {
      return unpack(csv).then(function (text) { return new Blob([text], {type: 'text/csv'}); });
    });
    return {figure: figure, el: el, img: img};
  });
  var library = packed(document, 'library');
  globalThis.__dendriteReady = !library || !able ? Promise.resolve() : unpack(library).then(function (text) {
    var script = document.createElement('script');
    script.textContent = text; // allowed by its hash
    document.head.appendChild(script);
    return Promise.all(figures.map(function (f) {
      return unpack(packed(f.figure, 'option')).then(function (text) { plot(f.figure, f.el, f.img, JSON.parse(withImages(text, f.img))); });
    }));
  });
})();
