/*
 * Opens report pages in headless Chromium and uses them: node browse.js CHROMIUM SMALL BIG
 *
 * SMALL is a page of two runs, the first of which failed; BIG one that has to open within two seconds.
 * The browser is spoken to by its debugging protocol through a pair of pipes, so nothing but node and
 * the browser is needed: each message is JSON followed by a zero byte.
 */
'use strict';
const { spawn } = require('child_process');
const [, , program, small, big] = process.argv;
const fs = require('fs');
const os = require('os');
const path = require('path');

const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'wdmsim-browse-'));
const browser = spawn(program, ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
  '--remote-debugging-pipe', '--user-data-dir=' + profile, 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
const waiting = new Map(), failures = [];
let next = 1, session, buffered = '';

function end(code) {
  browser.kill('SIGKILL');
  setTimeout(() => {
    try { fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 }); } catch { /* a child still writes */ }
    process.exit(code);
  }, 300);
}
setTimeout(() => { console.error('FAILED: the browser does not answer'); end(1); }, 120000).unref();
browser.on('error', (error) => { console.error('FAILED: ' + error.message); end(1); });

browser.stdio[4].on('data', (data) => {
  buffered += data.toString('utf8');
  for (let at; (at = buffered.indexOf('\0')) >= 0;) {
    const message = JSON.parse(buffered.slice(0, at));
    buffered = buffered.slice(at + 1);
    if (message.id) waiting.get(message.id)(message);
    else if (message.method === 'Runtime.exceptionThrown') failures.push(message.params.exceptionDetails.text);
    else if (message.method === 'Network.requestWillBeSent' && !/^(file|data):/.test(message.params.request.url))
      failures.push('fetches ' + message.params.request.url);
  }
});

function send(method, params) {
  const id = next++;
  browser.stdio[3].write(JSON.stringify({ id: id, method: method, params: params || {}, sessionId: session }) + '\0');
  return new Promise((resolve, reject) => waiting.set(id, (m) => m.error ? reject(new Error(method + ': ' + m.error.message)) : resolve(m.result)));
}
async function ask(expression) {
  const { result, exceptionDetails } = await send('Runtime.evaluate', { expression: expression, returnByValue: true, awaitPromise: true });
  if (exceptionDetails) throw new Error(expression + ': ' + exceptionDetails.text);
  return result.value;
}
function check(what, good) {
  console.log((good ? 'ok  ' : 'BAD ') + what);
  if (!good) failures.push(what);
}
const frame = () => ask('new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => r(1))))');
async function key(name) {
  const text = name.length === 1 ? name : undefined;
  await send('Input.dispatchKeyEvent', { type: 'keyDown', key: name, text: text });
  await send('Input.dispatchKeyEvent', { type: 'keyUp', key: name });
  await frame();
}
async function open(file, width, height, mobile) {
  await send('Emulation.setDeviceMetricsOverride', { width: width, height: height, deviceScaleFactor: 1, mobile: mobile });
  const begin = Date.now();
  await send('Page.navigate', { url: 'file://' + file });
  const ready = '(document.documentElement || { dataset: {} }).dataset.ready === "yes" && location.href === ' + JSON.stringify('file://' + encodeURI(file));
  while (!await ask(ready).catch(() => false)) {
    if (Date.now() - begin > 30000) throw new Error(file + ' does not get ready');
    await new Promise((r) => setTimeout(r, 20));
  }
  return Date.now() - begin;
}
const details = () => ask('document.getElementById("details").textContent');
const view = () => ask('(({ from, to, rows }) => [+from, +to, +rows])(document.getElementById("canvas").dataset)');

async function useSmall() {
  await open(small, 1200, 900, false);
  await frame();
  check('the failed run is shown first', await ask('document.getElementById("outcome").textContent') === 'failed');
  check('its failure is told', (await ask('document.getElementById("failure-text").textContent')).includes('replay: wdmsim run'));
  check('the tree has the device', (await ask('document.getElementById("tree").textContent')).includes('GAUGE'));
  check('residency is shown', await ask('document.querySelectorAll("#residency tbody tr").length') >= 2);

  await ask('document.getElementById("canvas").focus()');
  const whole = await view();
  check('rows are drawn', whole[2] > 3);
  await key('ArrowDown');
  check('a row is chosen by key', /events in this row/.test(await details()));
  let described = false;
  for (let row = 0; row < 16 && !described; row++) {
    await key('ArrowRight');
    described = /GAUGE[^]* for /.test(await details());
    if (!described) await key('ArrowDown');
  }
  check('an event is described', described);
  await key('+');
  const closer = await view();
  check('plus zooms in', closer[1] - closer[0] < (whole[1] - whole[0]) * 0.6);
  await key('PageUp');
  check('Page Up goes back', (await view())[0] <= closer[0]);
  await key('0');
  check('0 shows everything', Math.abs((await view())[1] - whole[1]) < 1);

  const box = JSON.parse(await ask('JSON.stringify(document.getElementById("canvas").getBoundingClientRect())'));
  const x = box.x + box.width * 0.7, y = box.y + 40;
  for (const type of ['mousePressed', 'mouseReleased'])
    await send('Input.dispatchMouseEvent', { type: type, x: x, y: y, button: 'left', clickCount: 1 });
  await frame();
  check('a tap chooses', /system/.test(await details()));
  await send('Input.dispatchMouseEvent', { type: 'mouseWheel', x: x, y: y, deltaX: 0, deltaY: -300, modifiers: 2 });
  await frame();
  const zoomed = await view();
  check('the wheel zooms', zoomed[1] - zoomed[0] < whole[1] - whole[0]);
  await send('Input.dispatchMouseEvent', { type: 'mousePressed', x: x, y: y, button: 'left', buttons: 1, clickCount: 1 });
  await send('Input.dispatchMouseEvent', { type: 'mouseMoved', x: x - 60, y: y, button: 'left', buttons: 1 });
  await send('Input.dispatchMouseEvent', { type: 'mouseReleased', x: x - 60, y: y, button: 'left', clickCount: 1 });
  await frame();
  check('dragging moves', (await view())[0] > zoomed[0]);

  const before = await ask('document.documentElement.dataset.theme');
  await ask('document.getElementById("theme").click()');
  check('dark and light', await ask('document.documentElement.dataset.theme') !== before);
  await ask('(() => { const f = document.getElementById("filter"); f.value = "no such device"; f.dispatchEvent(new Event("input")); })()');
  await frame();
  check('the filter hides rows', (await view())[2] === 0);
  await ask('(() => { const s = document.getElementById("runs"); s.value = "1"; s.dispatchEvent(new Event("change")); document.getElementById("filter").value = ""; document.getElementById("filter").dispatchEvent(new Event("input")); })()');
  await frame();
  check('the other run is shown', await ask('document.getElementById("outcome").textContent') === 'passed');
  check('DRIPS blockers are named', (await ask('(document.getElementById("blockers") || {}).textContent || ""')).includes('TRIPLEX'));

  await open(small, 390, 800, true);
  await frame();
  check('nothing is wider than a phone', await ask('document.documentElement.scrollWidth') <= 390);
}

(async () => {
  const { targetInfos } = await send('Target.getTargets');
  const page = targetInfos.find((t) => t.type === 'page');
  session = (await send('Target.attachToTarget', { targetId: page.targetId, flatten: true })).sessionId;
  for (const domain of ['Page', 'Runtime', 'Network']) await send(domain + '.enable');
  await useSmall();
  await open(big, 1200, 900, false);
  const time = await open(big, 1200, 900, false);
  check('the biggest page opens in ' + time + ' ms', time < 2000 || process.env.SANITIZE);
  check('and draws', (await view())[2] > 3);
  for (const failure of failures) console.error('FAILED: ' + failure);
  end(failures.length ? 1 : 0);
})().catch((error) => { console.error('FAILED: ' + error.message); end(1); });
