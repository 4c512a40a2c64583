// Draws a signature by finger, pen or mouse, and sends it along as a picture. Without it a name is typed and sent as well.
'use strict';
(() => {
  const form = document.getElementById('signing');
  const canvas = form && form.querySelector('canvas');
  const pen = canvas && canvas.getContext('2d');
  if (!pen) return;
  form.querySelector('.drawing').hidden = false;
  let drawn = false;
  let last = null;
  const wipe = () => {
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    drawn = false;
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      (event.clientX - box.left) * canvas.width / box.width,
      (event.clientY - box.top) * canvas.height / box.height,
    ];
  };
  const line = (from, to) => {
    pen.strokeStyle = '#111';
    pen.lineWidth = 3;
    pen.lineCap = 'round';
    pen.beginPath();
    pen.moveTo(from[0], from[1]);
    pen.lineTo(to[0], to[1]);
    pen.stroke();
    drawn = true;
  };
  canvas.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    line(last, last);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!last) return;
    const here = place(event);
    line(last, here);
    last = here;
  });
  for (const end of ['pointerup', 'pointercancel']) {
    canvas.addEventListener(end, () => { last = null; });
  }
  document.getElementById('wipe').addEventListener('click', wipe);
  form.addEventListener('submit', () => {
    form.elements.drawing.value = drawn ? canvas.toDataURL('image/png') : '';
  });
  wipe();
})();
