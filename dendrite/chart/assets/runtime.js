// Draws Dendrite's charts: theme, width, number formats, waiting for ECharts.
(function () {
  'use strict';
  var G = globalThis;
  if (G.__dendrite) { G.__dendrite.drain(); return; }
  var live = [];      // {el, option, chart, dark}
  var queue = G.__dendriteQueue = G.__dendriteQueue || [];
  var FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
  var SUPER = {'-': '\u207b', 0: '\u2070', 1: '\u00b9', 2: '\u00b2', 3: '\u00b3', 4: '\u2074', 5: '\u2075', 6: '\u2076', 7: '\u2077', 8: '\u2078', 9: '\u2079'};

  function theme(dark) {
    var text = dark ? '#e4e6e8' : '#24292f', quiet = dark ? '#a4abb3' : '#57606a';
    var rule = dark ? '#5c646d' : '#8c959f', faint = dark ? '#2b3036' : '#e6e8eb', paper = dark ? '#1c2126' : '#ffffff';
    var axis = {
      axisLine: {lineStyle: {color: rule}}, axisTick: {lineStyle: {color: rule}},
      axisLabel: {color: quiet, fontSize: 11}, nameTextStyle: {color: text, fontSize: 12},
      splitLine: {lineStyle: {color: faint}}
    };
    var label = {color: text, fontSize: 11};
    return {
      darkMode: dark, backgroundColor: 'transparent',
      textStyle: {fontFamily: FONT, color: text},
      title: {textStyle: {color: text, fontFamily: FONT, fontSize: 12, fontWeight: 'normal'}},
      valueAxis: axis, logAxis: axis, categoryAxis: axis,
      legend: {textStyle: {color: text}, inactiveColor: rule},
      tooltip: {
        backgroundColor: paper, borderColor: rule, textStyle: {color: text, fontSize: 12, fontFamily: FONT},
        axisPointer: {lineStyle: {color: rule}, crossStyle: {color: rule}}
      },
      axisPointer: {lineStyle: {color: rule}},
      toolbox: {
        itemSize: 13, iconStyle: {borderColor: quiet},
        emphasis: {iconStyle: {borderColor: text, textFill: text}},
        feature: {saveAsImage: {backgroundColor: paper}}
      },
      visualMap: {textStyle: {color: text, fontSize: 11}},
      heatmap: {label: label}, scatter: {label: label}, bar: {label: label}
    };
  }

  function digits(v) {
    if (typeof v !== 'number' || !isFinite(v)) return v == null || v === '' ? '\u2013' : String(v);
    var a = Math.abs(v);
    if (a !== 0 && (a < 1e-3 || a >= 1e6)) {
      var p = v.toExponential(2).split('e');
      return p[0].replace('-', '\u2212') + ' \u00d7 10' + String(+p[1]).replace(/./g, function (c) { return SUPER[c]; });
    }
    return String(+v.toPrecision(4)).replace('-', '\u2212');
  }

  // A tick of a logarithmic axis, as logText in ticks.go writes it.
  function logTick(v) {
    var e = Math.floor(Math.log10(v) + 1e-9), m = +(v / Math.pow(10, e)).toPrecision(12);
    if (e >= -3 && e <= 3) return String(+v.toPrecision(12));
    return (m === 1 ? '10' : m + '\u00b710') + String(e).replace(/./g, function (c) { return SUPER[c]; });
  }

  // A tick of an axis that shows powers of ten.
  function decade(v) {
    var e = Math.log10(v);
    return Math.abs(e - Math.round(e)) < 1e-6 || e > -3 && e < 3 ? logTick(v) : ''; // others are too long for the margin
  }

  // The number of decimals that all ticks of an axis need, or -1 if its step is not known.
  function decimals(step) {
    return step ? (String(+step.toPrecision(12)).split('.')[1] || '').length : -1;
  }

  // Not toLocaleString: the engine of static pictures uses its argument as the base of the number.
  function plainTick(v, places) {
    var same = places < 0 ? '' : v.toFixed(places); // an end of the axis may have more decimals
    var parts = (Math.abs(+same - v) <= 1e-9 * Math.abs(v) && same !== '' ? same : String(v)).split('.');
    if (Math.abs(v) >= 1e4) parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, ',');
    return +v === 0 ? parts.join('.').replace('-', '') : parts.join('.').replace('-', '\u2212');
  }

  function list(v) { return Array.isArray(v) ? v : v ? [v] : []; }

  function band(series, id, x) {
    function at(name) { // the last section of the band, which is thinned separately, that begins at or before x
      var s = series.filter(function (s) { return s.id === id + name; })[0], found;
      if (s) for (var lo = 0, hi = s.data.length; lo < hi;) {
        var mid = (lo + hi) >> 1; // points of a band are [y, x]: see curve in lines.go
        if (s.data[mid][1] <= x) { found = s.data[mid][0]; lo = mid + 1; } else hi = mid;
      }
      return found;
    }
    var low = at('-low'), width = at('-band');
    return typeof low === 'number' && typeof width === 'number' ? ' (' + digits(low) + ' to ' + digits(low + width) + ')' : '';
  }

  // The values of the curves at the cursor: one line for each, columns side by side.
  function cursor(list, series, hint) {
    var rows = [], byKey = {};
    list.forEach(function (p) {
      var d = series[p.seriesIndex].dendrite, key = (d.row || 0) + p.seriesName;
      var row = byKey[key] || (byKey[key] = {order: d.row || 0, p: p, unit: d.unit, values: []});
      if (row.p === p) rows.push(row);
      row.values[d.column || 0] = digits(p.value[1]) + band(series, p.seriesId, p.value[0]);
    });
    rows.sort(function (a, b) { return a.order - b.order; });
    function plain(s) { return String(s).replace(/[{}|]/g, ' '); }
    var head = plain(hint.x) + ' ' + digits(list.length ? list[0].value[0] : NaN) + (hint.xUnit ? ' ' + plain(hint.xUnit) : '');
    if (hint.columns) head += ', ' + hint.columns.map(plain).join(' / ');
    return [head].concat(rows.map(function (r) {
      var values = [];
      for (var i = 0; i < r.values.length; i++) values.push(r.values[i] || '\u2013');
      return (r.p.marker || '') + plain(r.p.seriesName) + '  ' + values.join(' / ') + (r.unit ? ' ' + plain(r.unit) : '');
    })).join('\n');
  }

  // On dark pages lines and their names are a little lighter. The colours of cells
  // and images show values and do not change.
  function lighten(v) {
    if (!v || typeof v !== 'object') return;
    Object.keys(v).forEach(function (key) {
      var m = key === 'color' && /^#(..)(..)(..)$/.exec(v[key]);
      if (m) {
        v[key] = '#' + m.slice(1).map(function (c) {
          return ('0' + Math.round(parseInt(c, 16) * 0.72 + 255 * 0.28).toString(16)).slice(-2);
        }).join('');
      } else if (!(key === 'data' && Array.isArray(v.data) && v.data.length > 100)) lighten(v[key]);
    });
  }

  // A copy of the option with number formats, which are functions and therefore not in the JSON.
  function prepare(option, dark) {
    var o = JSON.parse(JSON.stringify(option)), series = list(o.series), shown = theme(dark), hint = o.dendrite || {};
    if (dark) { lighten(o.title); lighten(series.filter(function (s) { return s.type !== 'heatmap'; })); lighten(o.media); }
    list(o.xAxis).concat(list(o.yAxis)).forEach(function (a) {
      if (a.type === 'log' || a.type === 'value') {
        a.axisLabel = a.axisLabel || {};
        if (!a.axisLabel.formatter) {
          var places = decimals(a.interval);
          a.axisLabel.formatter = a.type === 'log' ? (a.axisLabel.customValues ? logTick : decade) : function (v) { return plainTick(v, places); };
        }
        a.axisPointer = a.axisPointer || {};
        a.axisPointer.label = {formatter: function (p) { return digits(p.value); }};
      }
    });
    series.forEach(function (s) {
      var d = s.dendrite;
      if (!d) return;
      var unit = d.unit ? ' ' + d.unit : '';
      s.tooltip = s.tooltip || {};
      if (d.cells) {
        s.tooltip.formatter = function (p) {
          return d.y + ' ' + d.rows[p.value[1]] + ', ' + d.x + ' ' + d.columns[p.value[0]] + ': ' + digits(p.value[2]) + unit;
        };
      } else if (d.pair) {
        s.tooltip.formatter = function (p) {
          return (p.name || p.seriesName) + '\n' + d.x + ' ' + digits(p.value[0]) + (d.xUnit ? ' ' + d.xUnit : '') + '\n' + d.y + ' ' + digits(p.value[1]) + unit;
        };
      }
    });
    if (hint.x !== undefined) o.tooltip.formatter = function (list) { return cursor(list, series, hint); };
    if (o.toolbox && o.toolbox.feature && o.toolbox.feature.saveAsImage) {
      o.toolbox.feature.saveAsImage.backgroundColor = shown.tooltip.backgroundColor;
    }
    delete o.dendrite;
    return o;
  }

  if (typeof document === 'undefined') {
    G.__dendrite = {theme: theme, prepare: prepare, drain: function () {}};
    return;
  }

  // Dark or light: the setting of the page, else the background behind the chart, else
  // what the front end says of its theme (in VS Code the page is transparent), else the
  // colour of the text.
  function isDark(el) {
    var setting = document.documentElement.getAttribute('data-theme');
    if (setting === 'dark' || setting === 'light') return setting === 'dark';
    function brightness(color) { // undefined for a transparent one
      var m = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(color);
      if (m && (m[4] === undefined || +m[4] > 0.5)) return 0.299 * m[1] + 0.587 * m[2] + 0.114 * m[3];
    }
    for (var n = el; n && n.nodeType === 1; n = n.parentElement) {
      var behind = brightness(getComputedStyle(n).backgroundColor);
      if (behind !== undefined) return behind < 128;
    }
    var body = document.body, kind = body.getAttribute('data-vscode-theme-kind') || body.className, lab = body.getAttribute('data-jp-theme-light');
    if (/\bvscode-(high-contrast-)?light\b/.test(kind) || lab === 'true') return false;
    if (/\bvscode-(dark|high-contrast)\b/.test(kind) || lab === 'false') return true;
    return brightness(getComputedStyle(el).color) > 128;
  }

  function render(item) {
    var el = item.el, E = G.__dendriteECharts, hint = item.option.dendrite || {};
    if (!E || !el.clientWidth) return;
    if (live.indexOf(item) < 0) live.push(item);
    var dark = isDark(el);
    if (hint.narrowHeight) {
      item.height = item.height || el.clientHeight;
      el.style.height = (el.clientWidth <= 520 ? hint.narrowHeight : item.height) + 'px';
    }
    if (item.chart && item.dark === dark) { item.chart.resize(); return; }
    if (item.chart) item.chart.dispose();
    el.textContent = '';
    item.dark = dark;
    item.chart = E.init(el, theme(dark), {renderer: hint.renderer || 'svg'});
    item.chart.setOption(prepare(current(item), dark));
  }

  // Applies a change, in the form that changes in explore.go writes, to a value.
  function changed(v, change) {
    if (Array.isArray(change)) return change[0];
    var out = Array.isArray(v) ? v.slice() : Object.assign({}, v);
    Object.keys(change).forEach(function (key) { out[key] = changed(out[key], change[key]); });
    return out;
  }

  // The option for the value that the control has selected.
  function current(item) {
    var x = (item.option.dendrite || {}).explore;
    if (!x) return item.option;
    var option = changed(item.option, x.changes[item.at]);
    option.dendrite = Object.assign({}, option.dendrite, {explore: undefined});
    return option;
  }

  // Adds the control above a chart that has one: a slider, or a list of names.
  function control(item) {
    var x = (item.option.dendrite || {}).explore;
    if (!x) return;
    item.at = x.at;
    var label = document.createElement('label'), input = document.createElement(x.list ? 'select' : 'input'), value = document.createElement('b');
    label.className = 'dendrite-control';
    label.style.cssText = 'display:flex;flex-wrap:wrap;align-items:center;gap:.2em .8em;margin:.3em 0;font-size:.95em;font-weight:normal';
    if (x.list) {
      x.values.forEach(function (v) { input.appendChild(new Option(v)); });
    } else {
      input.type = 'range';
      input.max = x.values.length - 1;
      input.style.cssText = 'flex:0 1 18em;width:auto;margin:0';
    }
    function showValue() {
      value.textContent = x.list ? '' : x.values[item.at];
      input.setAttribute('aria-valuetext', x.values[item.at]);
    }
    if (x.list) input.selectedIndex = item.at; else input.value = item.at;
    input.addEventListener('input', function () {
      item.at = x.list ? input.selectedIndex : +input.value;
      showValue();
      if (!item.chart) return;
      var option = prepare(current(item), item.dark), legend = list(item.chart.getOption().legend)[0];
      if (legend && option.legend) list(option.legend)[0].selected = legend.selected;
      item.chart.setOption(option, true);
    });
    // The notebook must not read these keys as its commands.
    input.addEventListener('keydown', function (event) { event.stopPropagation(); });
    showValue();
    label.append(x.name, input, value);
    item.el.parentNode.insertBefore(label, item.el);
  }

  function place(el, option) {
    if (el.__dendriteDrawn) return;
    el.__dendriteDrawn = true;
    var item = {el: el, option: option};
    control(item);
    render(item);
    // Not in the observer itself, because drawing may change the element's height.
    new ResizeObserver(function () { requestAnimationFrame(function () { render(item); }); }).observe(el);
  }

  // All elements with an id: a notebook may show the same chart twice.
  function elements(where) {
    if (typeof where !== 'string') return [where];
    return Array.prototype.filter.call(document.getElementsByClassName('dendrite-chart'), function (el) { return el.id === where; });
  }

  function draw(where, option) {
    var found = elements(where);
    if (!found.length || !G.__dendriteECharts) { queue.push([where, option]); wait(); return; }
    found.forEach(function (el) { place(el, option); });
  }

  // An output may be added to the page after its script ran: try again for ten
  // seconds after the last call.
  var tries = 0, timer = null;
  function wait() {
    if (timer || tries >= 100) return;
    tries++;
    timer = setTimeout(function () { timer = null; flush(); }, 100);
  }

  function flush() { queue.splice(0).forEach(function (job) { draw(job[0], job[1]); }); }

  function drain() { tries = 0; flush(); }

  function scan(root) {
    Array.prototype.forEach.call((root || document).querySelectorAll('script[type="application/json"][data-dendrite-chart]'), function (s) {
      draw(s.getAttribute('data-dendrite-chart'), JSON.parse(s.textContent));
    });
  }

  function refresh() {
    live = live.filter(function (item) {
      if (document.contains(item.el)) return true;
      if (item.chart) item.chart.dispose();
      item.chart = null; // drawn again if its element comes back
      return false;
    });
    live.forEach(render);
  }

  G.__dendrite = {draw: draw, drain: drain, scan: scan, theme: theme, prepare: prepare, refresh: refresh};
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', refresh);
  var watch = new MutationObserver(refresh), what = {attributes: true, attributeFilter: ['data-theme', 'class', 'style', 'data-jp-theme-light', 'data-vscode-theme-kind']};
  watch.observe(document.documentElement, what);
  function ready() { if (document.body) watch.observe(document.body, what); scan(document); drain(); }
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', ready); else ready();
})();
