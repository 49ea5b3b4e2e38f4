/*
 * The report's script: reads the runs that the page carries and draws them.
 *
 * Times are nanoseconds. A run's tracks, spans and marks are unpacked once into arrays that can be
 * searched by time (unpack). The timeline is a canvas over a list of rows (makeRows): of each row
 * only what is on the screen is drawn, one search for each pixel at most, so its cost does not
 * depend on how much there is. What is chosen is described in words beside it, for readers of any
 * kind.
 */
(function () {
  'use strict';
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($('data').textContent);
  const ROW = 22, AXIS = 26, LANES = 5, MANY = 400;
  let run, rows, view, chosen = null, rowIndex = 0, open = new Set();

  /* ---- words ---------------------------------------------------------------------------- */

  function timeText(ns) {
    const units = [['s', 1e9], ['ms', 1e6], ['us', 1e3], ['ns', 1]];
    const [name, size] = units.find((u) => Math.abs(ns) >= u[1]) || units[3];
    return +(ns / size).toPrecision(6) + ' ' + name;
  }
  function scaled(value, unit) {
    const prefixes = ['', 'm', 'u', 'n'];
    let i = 0;
    while (i < 3 && value !== 0 && Math.abs(value) < 0.9995) { value *= 1000; i++; }
    return +value.toPrecision(4) + ' ' + prefixes[i] + unit;
  }
  const titles = {
    S: 'system', idle: 'idle state', pnp: 'PnP', D: 'device', active: 'condition', F: 'power', P: 'performance'
  };
  function trackTitle(track) {
    if (track.kind === 'P') return 'comp ' + track.component + ' set ' + track.set + ': P';
    if (track.kind === 'F') return 'comp ' + track.component + ': F';
    if (track.kind === 'active') return 'comp ' + track.component + ': active';
    return titles[track.kind] + (track.kind === 'S' || track.kind === 'D' ? ': ' + track.kind : '');
  }
  const nodeName = (id) => id < 0 ? 'system' : (run.byId.get(id) || {}).name || 'device node ' + id;

  /* A colour for a state: deep states are pale, running ones strong; it has to be told from its neighbours. */
  const hues = { S: 212, idle: 265, pnp: 30, D: 145, active: 20, F: 190, P: 300 };
  function colour(kind, name) {
    const match = /(\d+)$/.exec(name), dark = document.documentElement.dataset.theme === 'dark';
    let depth = match ? Math.min(+match[1], 5) : 0, hue = hues[kind];
    if (kind === 'active') depth = name === 'active' ? 0 : 4;
    if (kind === 'idle') depth = name === 'DRIPS' ? 0 : 4;
    if (kind === 'pnp') depth = name === 'started' ? 1 : /remov|fail|delet/.test(name) ? 0 : 3;
    const light = dark ? 52 - depth * 8 : 38 + depth * 10;
    return { fill: 'hsl(' + hue + ',' + (depth > 3 ? 18 : 55) + '%,' + light + '%)', light: light > 60 };
  }

  /* ---- unpacking ------------------------------------------------------------------------ */

  function unpackTrack(track, from) {
    const count = track.changes.length / 2;
    track.times = new Float64Array(count);
    track.values = new Uint16Array(count);
    let time = from;
    for (let i = 0; i < count; i++) {
      time += track.changes[2 * i];
      track.times[i] = time;
      track.values[i] = track.changes[2 * i + 1];
    }
    track.colours = null;
    delete track.changes;
  }

  /* Spans of one node in lanes, so that those of a lane do not overlap. */
  function layOut(spans, end) {
    const lanes = [];
    spans.sort((a, b) => a.begin - b.begin || a.serial - b.serial);
    for (const span of spans) {
      span.end = span.length < 0 ? end : span.begin + span.length;
      let lane = lanes.findIndex((l) => l[l.length - 1].end <= span.begin);
      if (lane < 0) lane = lanes.length < LANES ? lanes.push([]) - 1 : LANES - 1;
      lanes[lane].push(span);
    }
    return lanes;
  }

  function unpack(r) {
    if (r.byId) return;
    r.byId = new Map();
    r.system = { id: -1, name: 'system', tracks: [], spans: [], marks: [], children: [] };
    r.byId.set(-1, r.system);
    for (const node of r.nodes) {
      Object.assign(node, { tracks: [], spans: [], marks: [], children: [] });
      r.byId.set(node.id, node);
    }
    const home = (id) => r.byId.get(id) || r.system;
    for (const track of r.tracks) {
      unpackTrack(track, r.from);
      home(track.node).tracks.push(track);
    }
    for (let i = 0; i < r.spans.length; i += 7) {
      const s = r.spans;
      home(s[i + 3]).spans.push({
        begin: s[i], length: s[i + 1], serial: s[i + 2], name: r.words[s[i + 4]],
        target: r.words[s[i + 5]], status: r.words[s[i + 6]]
      });
    }
    let time = r.from;
    for (let i = 0; i < r.marks.length; i += 4) {
      time += r.marks[i];
      home(r.marks[i + 1]).marks.push({ time: time, name: r.words[r.marks[i + 2]], text: r.words[r.marks[i + 3]] });
    }
    r.spans = r.marks = null;
    for (const node of r.byId.values()) node.lanes = layOut(node.spans, r.end);
    r.roots = [];
    for (const node of r.nodes) {
      const parent = node.parent && r.byId.get(node.parent);
      if (parent && parent !== node) parent.children.push(node); else r.roots.push(node);
    }
  }

  /* ---- rows ----------------------------------------------------------------------------- */

  const mainTrack = (node) => node.tracks.find((t) => t.kind === 'D') || node.tracks.find((t) => t.kind === 'S') || null;

  function addNode(list, node, depth, words) {
    const matches = !words || node.name.toLowerCase().includes(words);
    const head = { type: 'node', node: node, depth: depth, track: mainTrack(node) };
    const at = list.length;
    let shown = matches;
    if (matches) {
      list.push(head);
      if (open.has(node.id)) {
        for (const track of node.tracks) if (track !== head.track) list.push({ type: 'track', node: node, depth: depth + 1, track: track });
        if ($('show-irps').checked)
          node.lanes.forEach((spans, i) => list.push({ type: 'spans', node: node, depth: depth + 1, spans: spans, lane: i }));
        if ($('show-marks').checked && node.marks.length)
          list.push({ type: 'marks', node: node, depth: depth + 1, marks: node.marks });
      }
    }
    for (const child of node.children) shown = addNode(list, child, depth + 1, words) || shown;
    if (shown && !matches) list.splice(at, 0, head);
    return shown;
  }

  function makeRows() {
    const words = $('filter').value.trim().toLowerCase();
    const list = [];
    addNode(list, run.system, 0, words);
    for (const node of run.roots) addNode(list, node, 0, words);
    rows = list;
    rowIndex = Math.max(0, Math.min(rowIndex, rows.length - 1));
    $('timeline').style.height = Math.min(AXIS + rows.length * ROW + 2, window.innerHeight * 0.7) + 'px';
    $('spacer').style.height = AXIS + rows.length * ROW + 'px';
    draw();
  }

  function rowTitle(row) {
    if (row.type === 'node') return row.node.name + (row.track ? ' (' + row.track.kind + ')' : '');
    if (row.type === 'track') return trackTitle(row.track);
    if (row.type === 'spans') return row.lane ? '' : 'IRPs and requests';
    return 'callbacks';
  }

  /* ---- events of a row: one kind of thing for choosing, whatever the row -------------------- */

  function eventCount(row) {
    return row.type === 'spans' ? row.spans.length : row.type === 'marks' ? row.marks.length
      : row.track ? row.track.times.length : 0;
  }
  function eventAt(row, i) {
    if (row.type === 'spans') return { begin: row.spans[i].begin, end: row.spans[i].end };
    if (row.type === 'marks') return { begin: row.marks[i].time, end: row.marks[i].time };
    const times = row.track.times;
    return { begin: times[i], end: i + 1 < times.length ? times[i + 1] : row.track.end };
  }
  /* The last event that begins at or before a time, -1 if none does. */
  function search(count, begin, time) {
    let low = 0, high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (begin(middle) <= time) low = middle + 1; else high = middle;
    }
    return low - 1;
  }
  const eventBefore = (row, time) => search(eventCount(row), (i) => eventAt(row, i).begin, time);

  function describe(row, i) {
    const e = eventAt(row, i), at = '+' + timeText(e.begin), long = timeText(e.end - e.begin);
    if (row.type === 'marks') return row.node.name + '\n' + at + '  ' + row.marks[i].name + '  ' + row.marks[i].text;
    if (row.type === 'spans') {
      const s = row.spans[i], what = s.name === 'request' ? 'request ' + s.serial + ' ' + s.target : 'irp ' + s.serial + ' ' + s.name + ' to ' + s.target;
      return row.node.name + '\n' + at + '  ' + what + '  ' + s.status + (s.length < 0 ? ' since ' : ' after ') + long;
    }
    const t = row.track, name = t.states[t.values[i]];
    const before = i ? ', was ' + t.states[t.values[i - 1]] : '';
    return row.node.name + '  ' + trackTitle(t) + '\n' + at + '  ' + name + ' for ' + long + before;
  }

  /* ---- drawing -------------------------------------------------------------------------- */

  let context, width = 0, height = 0, labels = 0;
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const xOf = (time) => labels + (time - view.from) / (view.to - view.from) * (width - labels);
  const timeOf = (x) => view.from + (x - labels) / (width - labels) * (view.to - view.from);

  function resize() {
    const canvas = $('canvas'), ratio = window.devicePixelRatio || 1, box = $('timeline');
    width = box.clientWidth;
    height = Math.max(box.clientHeight, 60);
    labels = Math.min(250, Math.round(width * 0.34));
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.height = height + 'px';
    context = canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  function trackColours(track) {
    if (!track.colours) track.colours = track.states.map((name) => colour(track.kind, name));
    return track.colours;
  }

  /* A stay in a state; stays narrower than a pixel share one, drawn as a dense mixture. */
  function drawTrack(track, y) {
    const times = track.times, count = times.length, colours = trackColours(track);
    let i = Math.max(0, search(count, (k) => times[k], view.from));
    while (i < count) {
      const begin = times[i], end = i + 1 < count ? times[i + 1] : track.end;
      if (begin > view.to) return;
      const x = Math.max(labels, xOf(begin)), right = Math.min(width, xOf(end));
      if (right - x >= 1) {
        const c = colours[track.values[i]], name = track.states[track.values[i]];
        context.fillStyle = c.fill;
        context.fillRect(x, y + 3, right - x - (right - x > 3 ? 1 : 0), ROW - 6);
        if (right - x > 9 + name.length * 7) {
          context.fillStyle = c.light ? '#16202b' : '#fff';
          context.fillText(name, x + 4, y + ROW / 2 + 1);
        }
        i++;
      } else {
        const pixel = Math.floor(Math.max(x, labels)), until = timeOf(pixel + 1);
        const last = search(count, (k) => times[k], until);
        const half = Math.max(1, Math.round((ROW - 6) / 2));
        context.fillStyle = colours[track.values[i]].fill;
        context.fillRect(pixel, y + 3, 1, half);
        context.fillStyle = colours[track.values[Math.max(last, i)]].fill;
        context.fillRect(pixel, y + 3 + half, 1, ROW - 6 - half);
        i = Math.max(last, i + 1);
      }
    }
  }

  function drawSpans(spans, y, ink) {
    let drawnTo = -1;
    let i = Math.max(0, search(spans.length, (k) => spans[k].begin, view.from));
    for (; i < spans.length && spans[i].begin <= view.to; i++) {
      const s = spans[i], x = Math.max(labels, xOf(s.begin)), right = Math.min(width, Math.max(xOf(s.end), x + 2));
      if (right <= labels || right - drawnTo < 0.7) continue;
      drawnTo = right;
      const bad = /^STATUS_(?!SUCCESS|PENDING)/.test(s.status) || /^0x[c-f]/i.test(s.status);
      context.fillStyle = s.status === 'pending' ? css('--accent') : bad ? css('--bad') : css('--soft');
      context.globalAlpha = 0.55;
      context.fillRect(x, y + 5, right - x, ROW - 10);
      context.globalAlpha = 1;
      const text = s.name === 'request' ? s.target + ' (' + s.serial + ')' : s.name + ' ' + s.serial;
      if (right - x > 10 + text.length * 6.6) {
        context.fillStyle = ink;
        context.fillText(text, x + 3, y + ROW / 2 + 1);
      }
    }
  }

  function drawMarks(marks, y) {
    let last = -2;
    let i = Math.max(0, search(marks.length, (k) => marks[k].time, view.from));
    context.fillStyle = css('--accent');
    while (i < marks.length && marks[i].time <= view.to) {
      const x = Math.round(xOf(marks[i].time));
      if (x >= labels && x > last) {
        context.fillRect(x - 1, y + 4, 2, ROW - 8);
        last = x + 1;
        i++;
      } else {
        const next = search(marks.length, (k) => marks[k].time, timeOf(Math.max(last, labels) + 0.5));
        i = Math.max(i + 1, next + 1);
      }
    }
  }

  /* A time with as many digits as neighbours on the axis differ in. */
  function axisText(time, step) {
    const [name, size] = [['s', 1e9], ['ms', 1e6], ['us', 1e3], ['ns', 1]].find((u) => view.to >= u[1] * 2) || ['ns', 1];
    return (time / size).toFixed(Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9))) + ' ' + name;
  }

  function drawAxis(ink, line) {
    const step0 = (view.to - view.from) / Math.max(2, Math.floor((width - labels) / 130));
    const power = Math.pow(10, Math.floor(Math.log10(step0)));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= step0) || power * 10;
    context.fillStyle = css('--panel');
    context.fillRect(0, 0, width, AXIS);
    context.strokeStyle = line;
    for (let t = Math.ceil(view.from / step) * step; t <= view.to; t += step) {
      const x = Math.round(xOf(t)) + 0.5;
      context.beginPath(); context.moveTo(x, AXIS - 6); context.lineTo(x, height); context.stroke();
      context.fillStyle = ink;
      context.fillText(axisText(t, step), x + 3, AXIS / 2);
    }
  }

  function drawLabel(row, y, ink, soft) {
    const indent = 6 + row.depth * 12;
    context.save();
    context.beginPath(); context.rect(0, y, labels - 4, ROW); context.clip();
    context.fillStyle = row.type === 'node' ? ink : soft;
    const folds = row.type === 'node' && (row.node.tracks.length > 1 || row.node.spans.length || row.node.marks.length);
    const sign = folds ? (open.has(row.node.id) ? '\u25be ' : '\u25b8 ') : '';
    context.fillText(sign + rowTitle(row), indent, y + ROW / 2 + 1);
    context.restore();
  }

  function drawRow(row, i, y, ink, soft) {
    if (i % 2 === 0) { context.fillStyle = css('--row'); context.fillRect(0, y, width, ROW); }
    if (i === rowIndex && document.activeElement === $('canvas')) {
      context.strokeStyle = css('--accent'); context.strokeRect(0.5, y + 0.5, width - 1, ROW - 1);
    }
    drawLabel(row, y, ink, soft);
    context.save();
    context.beginPath(); context.rect(labels, y, width - labels, ROW); context.clip();
    if (row.track) drawTrack(row.track, y);
    else if (row.type === 'spans') drawSpans(row.spans, y, ink);
    else if (row.type === 'marks') drawMarks(row.marks, y);
    if (chosen && chosen.row === row) {
      const e = eventAt(row, chosen.index), x = xOf(e.begin), w = Math.max(xOf(e.end) - x, 4);
      context.strokeStyle = ink; context.lineWidth = 2;
      context.strokeRect(x - 1, y + 2, w + 1, ROW - 4); context.lineWidth = 1;
    }
    context.restore();
  }

  let waiting = false;
  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; paint(); });
  }
  function paint() {
    resize();
    const ink = css('--ink'), soft = css('--soft'), top = $('timeline').scrollTop;
    context.clearRect(0, 0, width, height);
    context.font = '12px system-ui, sans-serif';
    context.textBaseline = 'middle';
    const first = Math.floor(top / ROW), last = Math.min(rows.length, Math.ceil((top + height) / ROW));
    for (let i = first; i < last; i++) drawRow(rows[i], i, AXIS + i * ROW - top, ink, soft);
    drawAxis(soft, css('--line'));
    const canvas = $('canvas');
    canvas.dataset.from = view.from; canvas.dataset.to = view.to; canvas.dataset.rows = rows.length;
  }

  /* ---- moving about --------------------------------------------------------------------- */

  function look(from, to) {
    const whole = Math.max(run.end - run.from, 1);
    const span = Math.min(Math.max(to - from, 10), whole * 1.02);
    from = Math.max(run.from - whole * 0.01, Math.min(from, run.end + whole * 0.01 - span));
    view = { from: from, to: from + span };
    draw();
  }
  const fit = () => look(run.from, run.end);
  function zoom(factor, time) {
    if (time === undefined) time = (view.from + view.to) / 2;
    look(time - (time - view.from) * factor, time + (view.to - time) * factor);
  }
  const pan = (part) => { const d = (view.to - view.from) * part; look(view.from + d, view.to + d); };

  function showRow() {
    const box = $('timeline'), top = rowIndex * ROW;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + ROW + AXIS > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW + AXIS - box.clientHeight;
  }
  function choose(row, index) {
    if (!row || index < 0 || index >= eventCount(row)) return;
    chosen = { row: row, index: index };
    rowIndex = rows.indexOf(row);
    $('details').textContent = describe(row, index);
    const e = eventAt(row, index);
    if (e.begin < view.from || e.begin > view.to) {
      const half = (view.to - view.from) / 2;
      look(e.begin - half, e.begin + half);
    }
    showRow();
    draw();
  }
  function step(direction) {
    const row = rows[rowIndex];
    if (!row) return;
    if (chosen && chosen.row === row) choose(row, chosen.index + direction);
    else choose(row, Math.max(0, eventBefore(row, (view.from + view.to) / 2)));
  }
  function moveRow(direction) {
    rowIndex = Math.max(0, Math.min(rows.length - 1, rowIndex + direction));
    chosen = null;
    const row = rows[rowIndex];
    if (row) $('details').textContent = row.node.name + (row.type === 'node' ? '' : '  ' + rowTitle(row)) + '\n' + eventCount(row) + ' events in this row';
    showRow();
    draw();
  }
  function fold(row) {
    if (!row) return;
    const id = row.node.id;
    if (open.has(id)) open.delete(id); else open.add(id);
    chosen = null;
    makeRows();
    rowIndex = rows.findIndex((r) => r.type === 'node' && r.node.id === id);
    draw();
  }
  function zoomToChosen() {
    if (!chosen) return;
    const e = eventAt(chosen.row, chosen.index), room = Math.max((e.end - e.begin) * 0.25, 1000);
    look(e.begin - room, e.end + room);
  }
  function showNode(node) {
    open.add(node.id);
    $('filter').value = '';
    makeRows();
    rowIndex = rows.findIndex((r) => r.type === 'node' && r.node === node);
    showRow();
    moveRow(0);
    $('timeline').scrollIntoView({ block: 'nearest' });
    $('canvas').focus();
  }

  const keys = {
    '+': () => zoom(0.5), '=': () => zoom(0.5), '-': () => zoom(2), '0': fit,
    ArrowLeft: () => step(-1), ArrowRight: () => step(1), ArrowUp: () => moveRow(-1), ArrowDown: () => moveRow(1),
    PageUp: () => pan(-0.8), PageDown: () => pan(0.8), Enter: zoomToChosen, ' ': () => fold(rows[rowIndex]),
    Home: () => look(run.from, run.from + view.to - view.from),
    End: () => look(run.end - (view.to - view.from), run.end),
    Escape: () => { chosen = null; $('details').textContent = ''; draw(); }
  };

  /* ---- pointers: drag to move, pinch or Ctrl+wheel to zoom, tap to choose -------------------- */

  const fingers = new Map();
  let moved = 0, gap = 0;
  function pointAt(event) {
    const box = $('canvas').getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
  function tap(p) {
    if (p.y < AXIS) return;
    const row = rows[Math.floor((p.y - AXIS + $('timeline').scrollTop) / ROW)];
    if (!row) return;
    if (p.x < labels) { if (row.type === 'node') fold(row); return; }
    const time = timeOf(p.x), near = (view.to - view.from) / (width - labels) * 6;
    let index = eventBefore(row, row.type === 'marks' ? time + near : time);
    if (row.type === 'spans' && index + 1 < row.spans.length && row.spans[index + 1].begin < time + near &&
        (index < 0 || row.spans[index].end < time - near)) index++;
    if (index >= 0) choose(row, index); else { rowIndex = rows.indexOf(row); draw(); }
  }
  function pointers() {
    const canvas = $('canvas');
    canvas.addEventListener('pointerdown', (event) => {
      fingers.set(event.pointerId, pointAt(event));
      canvas.setPointerCapture(event.pointerId);
      moved = 0; gap = 0;
    });
    canvas.addEventListener('pointermove', (event) => {
      const before = fingers.get(event.pointerId), now = pointAt(event);
      if (!before) return;
      fingers.set(event.pointerId, now);
      moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      if (fingers.size === 2) {
        const [a, b] = [...fingers.values()], wide = Math.max(Math.abs(a.x - b.x), 10);
        if (gap) zoom(gap / wide, timeOf((a.x + b.x) / 2));
        gap = wide;
      } else if (moved > 4) {
        const d = timeOf(before.x) - timeOf(now.x);
        look(view.from + d, view.to + d);
      }
    });
    const up = (event) => {
      if (fingers.delete(event.pointerId) && event.type === 'pointerup' && moved <= 4 && !fingers.size) tap(pointAt(event));
    };
    canvas.addEventListener('pointerup', up);
    canvas.addEventListener('pointercancel', up);
    canvas.addEventListener('wheel', (event) => {
      if (event.ctrlKey || event.metaKey) zoom(Math.exp(event.deltaY / 300), timeOf(pointAt(event).x));
      else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan((event.deltaX || event.deltaY) / 1000);
      else return;
      event.preventDefault();
    }, { passive: false });
    canvas.addEventListener('dblclick', (event) => zoom(0.4, timeOf(pointAt(event).x)));
  }

  /* ---- the rest of the page ------------------------------------------------------------- */

  function element(tag, attributes, ...children) {
    const e = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === 'class') e.className = value; else if (key in e && key !== 'style') e[key] = value; else e.setAttribute(key, value);
    }
    e.append(...children);
    return e;
  }

  /* A device and, once it is opened, its children: a tree of ten thousand costs only what is seen. */
  function treeItem(node, deep) {
    const list = element('ul'), item = element('li');
    let filled = false;
    const fill = (to) => {
      if (!filled) for (const child of node.children) list.append(treeItem(child, deep - 1));
      filled = true;
      list.hidden = !to;
      button.textContent = to ? '\u2212' : '+';
      button.setAttribute('aria-expanded', to);
    };
    const button = element('button', { type: 'button', class: 'fold', 'aria-label': 'Children of ' + node.name, onclick: () => fill(list.hidden) });
    const last = node.tracks.find((t) => t.kind === 'pnp');
    const state = last && last.values.length ? ' \u2013 ' + last.states[last.values[last.values.length - 1]] : '';
    if (node.children.length) item.append(button);
    item.append(element('button', { type: 'button', class: 'device' + (node.gone ? ' gone' : ''), title: 'Show in the timeline', onclick: () => showNode(node) }, node.name || 'device node ' + node.id), state);
    if (node.stack && node.stack.length) item.append(element('p', { class: 'stack' }, node.stack.join('\n')));
    item.append(list);
    list.hidden = true;
    if (node.children.length) fill(deep > 0);
    return item;
  }
  function showTree() {
    const list = element('ul');
    const deep = run.nodes.length > 200 ? 1 : 9;
    for (const node of run.roots) list.append(treeItem(node, deep));
    $('tree').replaceChildren(run.nodes.length ? list : element('p', {}, 'No devices.'));
  }

  function residencyRow(track, most) {
    const bar = element('div', { class: 'bar' }), words = [];
    let whole = 0;
    for (let i = 0; i < track.states.length; i++) whole += track.use[2 * i];
    track.states.forEach((name, i) => {
      const part = whole ? track.use[2 * i] / whole * 100 : 0, c = colour(track.kind, name);
      words.push(name + ' ' + part.toFixed(2) + '% (' + timeText(track.use[2 * i]) + ', ' + track.use[2 * i + 1] + '\u00d7)');
      bar.append(element('i', { style: 'width:' + part + '%;background:' + c.fill, class: c.light ? 'light' : '' }, part > 6 ? name : ''));
    });
    bar.title = words.join(', ');
    bar.setAttribute('role', 'img');
    bar.setAttribute('aria-label', words.join(', '));
    let moves = 0;
    for (let i = 2; i < track.moves.length; i += 3) moves += track.moves[i];
    const cells = [element('td', { class: 'device' }, nodeName(track.node)), element('td', {}, trackTitle(track)),
      element('td', {}, bar), element('td', { class: 'n' }, String(moves))];
    if (most !== null) {
      const joules = track.joules || 0, meter = element('span', { class: 'meter', style: 'width:' + (most ? joules / most * 80 : 0) + 'px' });
      cells.push(element('td', { class: 'n' }, meter, track.joules === undefined ? '' : scaled(joules, 'J')));
    }
    return element('tr', {}, ...cells);
  }
  function showResidency(limit) {
    const tracks = run.tracks.filter((t) => t.kind !== 'pnp' && t.kind !== 'active');
    const modelled = run.power.joules !== undefined;
    if (modelled) tracks.sort((a, b) => (b.joules || 0) - (a.joules || 0));
    const most = modelled ? Math.max(0, ...tracks.slice(0, 1).map((t) => t.joules || 0)) : null;
    const heads = ['Device', 'State', 'Share of its time', 'Transitions'].concat(modelled ? ['Energy'] : []);
    const body = element('tbody'), table = element('table', {},
      element('thead', {}, element('tr', {}, ...heads.map((h, i) => element('th', { scope: 'col', class: i > 2 ? 'n' : '' }, h)))), body);
    for (const track of tracks.slice(0, limit)) body.append(residencyRow(track, most));
    const box = element('div', { class: 'scroll' }, table);
    if (tracks.length > limit)
      box.append(element('button', { type: 'button', onclick: () => showResidency(limit * 4) }, 'Show more of ' + tracks.length));
    if (run.power.drips.blockers.length) {
      const rowsOf = run.power.drips.blockers.map((b) => element('tr', {}, element('td', {}, b.name), element('td', { class: 'n' }, scaled(b.seconds, 's'))));
      box.append(element('h3', {}, 'What kept the system from DRIPS'), element('table', { id: 'blockers' }, element('tbody', {}, ...rowsOf)));
    }
    $('residency').replaceChildren(box);
  }

  function showNumbers() {
    const list = [], add = (value, text) => list.push(element('div', { class: 'number' }, element('b', {}, value), element('span', {}, text)));
    const p = run.power, q = p.requests;
    add(timeText(run.end), 'of virtual time');
    add(String(run.nodes.length), 'devices');
    if (p.joules !== undefined) { add(scaled(p.joules, 'J'), 'energy'); add(scaled(p.watts, 'W'), 'on average'); }
    if (q.count) {
      add(scaled(q.latency.p50, 's') + ' / ' + scaled(q.latency.p99, 's'), q.count + ' requests, p50 / p99');
      add(scaled(q.added.p50, 's') + ' / ' + scaled(q.added.p99, 's'), 'of it waiting for power');
    }
    if (p.drips.entries) add((p.drips.share * 100).toFixed(1) + ' %', 'in DRIPS, entered ' + p.drips.entries + '\u00d7');
    $('numbers').replaceChildren(...list);
  }

  function show(index) {
    run = data.runs[index];
    unpack(run);
    open = new Set([-1]);
    if (run.tracks.length <= MANY) for (const node of run.nodes) open.add(node.id);
    chosen = null; rowIndex = 0;
    document.title = run.name + ' \u2013 wdmsim';
    $('title').textContent = run.name;
    $('subtitle').textContent = [run.file, run.description, run.seed === undefined ? '' : 'seed ' + run.seed,
      run.from > 0 ? 'the timeline begins at ' + timeText(run.from) + '; what was before is in the sums only' : ''].filter(Boolean).join(' \u00b7 ');
    $('outcome').textContent = run.outcome;
    $('outcome').className = 'badge ' + run.outcome;
    $('failure').hidden = !run.report;
    $('message').textContent = run.message || '';
    $('failure-text').textContent = run.report || '';
    $('details').textContent = 'Choose an event: tap it, or use the arrow keys.';
    view = { from: run.from, to: Math.max(run.end, run.from + 1) };
    showNumbers();
    showTree();
    showResidency(100);
    makeRows();
    fit();
  }

  function setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    $('theme').textContent = theme === 'dark' ? 'Light' : 'Dark';
    $('theme').setAttribute('aria-pressed', theme === 'dark');
    if (!run) return;
    for (const track of run.tracks) track.colours = null;
    showResidency(100);
    draw();
  }

  function start() {
    setTheme(window.matchMedia && matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
    $('about').textContent = 'Made by wdmsim ' + data.version + '.';
    if (!data.runs.length) { $('title').textContent = 'No run could be made'; return; }
    if (data.runs.length > 1) {
      $('runs').hidden = false;
      data.runs.forEach((r, i) => $('runs').append(element('option', { value: String(i) }, r.name + ' (' + r.outcome + ')')));
      $('runs').addEventListener('change', () => show(+$('runs').value));
    }
    const toggle = () => setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
    const buttons = {
      'zoom-in': () => zoom(0.5), 'zoom-out': () => zoom(2), fit: fit, earlier: () => pan(-0.5), later: () => pan(0.5),
      previous: () => step(-1), next: () => step(1), theme: toggle
    };
    for (const [id, action] of Object.entries(buttons)) $(id).addEventListener('click', action);
    for (const id of ['show-irps', 'show-marks']) $(id).addEventListener('change', makeRows);
    $('filter').addEventListener('input', makeRows);
    $('timeline').addEventListener('scroll', draw);
    window.addEventListener('resize', makeRows);
    $('canvas').addEventListener('keydown', (event) => {
      const action = !event.ctrlKey && !event.altKey && !event.metaKey && keys[event.key];
      if (action) { action(); event.preventDefault(); }
    });
    for (const kind of ['focus', 'blur']) $('canvas').addEventListener(kind, draw);
    document.addEventListener('keydown', (event) => {
      if (event.key === 'd' && event.target.tagName !== 'INPUT' && !event.ctrlKey && !event.metaKey) toggle();
    });
    pointers();
    const wanted = data.runs.findIndex((r) => r.outcome !== 'passed');
    show(Math.max(wanted, 0));
    $('runs').value = String(Math.max(wanted, 0));
    document.documentElement.dataset.ready = 'yes';
  }
  start();
})();
