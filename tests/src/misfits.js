// What a person would see as broken: things outside of the window, texts cut off, things on top of
// each other.
const wrong = [];
const label = (e) => `${e.tagName.toLowerCase()}${e.dataset.testid ? `[${e.dataset.testid}]` : `.${e.className}`} “${(e.textContent || '').trim().slice(0, 40)}”`;
const width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth > width) wrong.push('the page scrolls sideways');
const seen = [...document.body.querySelectorAll('button, h1, h2, h3, p, input, code, small, b, em, span, dt, dd, li')]
  .filter((e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && e.getBoundingClientRect().width > 1);
for (const e of seen) {
  const box = e.getBoundingClientRect();
  if (box.right > width + 1 || box.left < -1) wrong.push(`outside: ${label(e)}`);
  const style = getComputedStyle(e);
  const cut = e.scrollWidth > e.clientWidth + 1 && style.overflowX !== 'visible' && style.textOverflow !== 'ellipsis';
  if (cut && e.tagName !== 'INPUT' && e.tagName !== 'PRE') wrong.push(`cut: ${label(e)}`);
}
// What of an element can be seen: a list that scrolls hides what is above and below.
const visible = (e) => {
  const { left, top, right, bottom } = e.getBoundingClientRect();
  const box = { left, top, right, bottom };
  for (let at = e.parentElement; at; at = at.parentElement) {
    if (getComputedStyle(at).overflowY === 'visible') continue;
    const hole = at.getBoundingClientRect();
    box.top = Math.max(box.top, hole.top);
    box.bottom = Math.min(box.bottom, hole.bottom);
  }
  return box;
};
const buttons = seen.filter((e) => e.tagName === 'BUTTON' || e.tagName === 'INPUT');
for (const [i, a] of buttons.entries()) {
  for (const b of buttons.slice(i + 1)) {
    if (a.contains(b) || b.contains(a)) continue;
    const [p, q] = [visible(a), visible(b)];
    const overlap = Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 1;
    const dialog = a.closest('[role=dialog], [role=menu], [data-testid=toast]') !== b.closest('[role=dialog], [role=menu], [data-testid=toast]');
    if (overlap && !dialog && !a.closest('nav') === !b.closest('nav')) wrong.push(`overlap: ${label(a)} and ${label(b)}`);
  }
}
return wrong.join('\n');
