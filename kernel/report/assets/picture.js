// Draws one ECharts option as an SVG document, outside of a browser. The value of this
// script is the drawing function.
(function () {
  'use strict';
  // Widths of the characters from space to ~ in Helvetica, in thousandths of the font
  // size. Text cannot be measured here, and the font on the reader's machine may be
  // wider. So a tenth is added, more for bold text, to avoid overlapping labels.
  var WIDTHS = [278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584];

  __dendriteECharts.setPlatformAPI({
    measureText: function (text, font) {
      var size = /([\d.]+)px/.exec(font || ''), bold = /bold|[6-9]00/.test(font || ''), sum = 0;
      for (var i = 0; i < text.length; i++) {
        var c = text.charCodeAt(i), w = WIDTHS[c - 32];
        sum += w !== undefined ? w : c < 0x2e80 ? 600 : 1000;
      }
      return {width: sum / 1000 * (size ? +size[1] : 12) * (bold ? 1.3 : 1.1)};
    }
  });

  return function (text, width, height) {
    // Like the page's runtime on a light page, with these differences: a white
    // background, because a transparent picture is not readable on a dark page; a font
    // that every viewer has; no animation, because the picture would show its first
    // frame; no toolbox.
    var theme = __dendrite.theme(false), option = __dendrite.prepare(JSON.parse(text), false);
    theme.textStyle.fontFamily = theme.title.textStyle.fontFamily = 'sans-serif';
    [option, option.baseOption].forEach(function (o) {
      if (!o) return;
      o.animation = false;
      o.backgroundColor = '#ffffff';
      delete o.toolbox;
    });
    var chart = __dendriteECharts.init(null, theme, {renderer: 'svg', ssr: true, width: width, height: height});
    try {
      chart.setOption(option);
      return chart.renderToSVGString();
    } finally {
      chart.dispose();
    }
  };
})()
