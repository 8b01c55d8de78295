// Draws the pictures, in the colours of the page; lets combinations be switched off in all of them at once.
'use strict';
(() => {
  const figures = JSON.parse(document.getElementById('figures').textContent);
  const settings = { displayModeBar: false, responsive: true, staticPlot: false };
  const PRINTED_WIDTH = 660;
  // With its title a picture fits on a page, as in report.css.
  const PRINTED_HEIGHT = 840;
  const AXIS_WIDTH = 130;
  const NARROW = 520;
  const off = new Set();

  let onPaper = false;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${onPaper ? 'light-' : ''}${name}`).trim();

  // Everything in a picture that is not a combination's own colour.
  const themed = (figure, width) => {
    const [ink, line, soft] = [colour('ink'), colour('line'), colour('soft')];
    const axis = (one) => ({ ...one, gridcolor: line, linecolor: line, zeroline: false, tickfont: { color: ink } });
    const shapes = (figure.layout.shapes || []).map((shape) =>
      shape.type === 'rect' ? { ...shape, fillcolor: soft, opacity: 0.18, line: { width: 0 } } : { ...shape, line: { color: soft, width: 1, dash: 'dot' } },
    );
    const { xaxis, yaxis } = figure.layout;
    return {
      ...figure.layout,
      shapes,
      xaxis: { ...axis(xaxis), title: { ...xaxis.title, text: wrapped(xaxis.title.text, width) } },
      yaxis: axis(yaxis),
      paper_bgcolor: 'rgba(0,0,0,0)',
      plot_bgcolor: 'rgba(0,0,0,0)',
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: ink },
      hoverlabel: { bgcolor: colour('plain'), bordercolor: line, font: { color: ink } },
      dragmode: false,
    };
  };

  // A title that is longer than the picture is wide would be cut off.
  const wrapped = (text, width) => {
    const most = Math.max(22, Math.floor((width - AXIS_WIDTH) / 7.5));
    const lines = [''];
    for (const word of text.split(' ')) {
      const last = lines[lines.length - 1];
      if (last && last.length + word.length >= most) lines.push(word);
      else lines[lines.length - 1] = last ? `${last} ${word}` : word;
    }
    return lines.join('<br>');
  };

  const series = (figure) =>
    figure.data.map((trace) => {
      const shown = { ...trace, visible: !off.has((trace.meta || {}).combination) };
      const ink = colour('ink');
      if (trace.textposition) shown.textfont = { color: ink };
      if ((trace.meta || {}).frame) {
        shown.line = { ...trace.line, color: colour('soft') };
        shown.marker = { ...trace.marker, color: ink };
        if (trace.error_x) shown.error_x = { ...trace.error_x, color: ink };
      }
      return shown;
    });

  const draw = (name, width) => {
    const place = document.getElementById(name);
    const frame = themed(figures[name], width || place.clientWidth);
    if (width) Object.assign(frame, { width, height: Math.min(parseInt(place.style.height, 10), PRINTED_HEIGHT), autosize: false });
    return Plotly.react(place, series(figures[name]), frame, settings);
  };

  const drawAll = (width) => Promise.all(Object.keys(figures).map((name) => draw(name, width)));

  for (const button of document.querySelectorAll('.toggles button')) {
    button.addEventListener('click', () => {
      const { combination } = button.dataset;
      if (!off.delete(combination)) off.add(combination);
      button.setAttribute('aria-pressed', String(!off.has(combination)));
      drawAll();
    });
  }

  let narrow = window.innerWidth < NARROW;
  window.addEventListener('resize', () => {
    if (narrow !== window.innerWidth < NARROW) drawAll();
    narrow = window.innerWidth < NARROW;
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawAll());
  // Paper is white whatever the screen is, and nobody can open on it what is closed.
  const unfolded = [];
  window.addEventListener('beforeprint', () => {
    onPaper = true;
    unfolded.push(...document.querySelectorAll('details:not([open])'));
    for (const one of unfolded) one.open = !one.closest('.picture');
    drawAll(PRINTED_WIDTH);
  });
  window.addEventListener('afterprint', () => {
    onPaper = false;
    for (const one of unfolded.splice(0)) one.open = false;
    drawAll();
  });
  drawAll().then(() => document.documentElement.setAttribute('data-drawn', 'yes'));
})();
