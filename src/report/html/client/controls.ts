import type { ChartGroup } from './charts.ts';

/** Lets the page's buttons, its width, and light and dark act on the charts, and draws them. */
export function listen(group: ChartGroup): void {
  const endpoint = document.getElementById('endpoint');
  if (endpoint instanceof HTMLSelectElement) {
    endpoint.value = '';
    endpoint.addEventListener('change', () => group.show(endpoint.value));
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-zoom]')) {
    button.addEventListener('click', () => group.zoom(button.dataset['zoom'] ?? 'reset'));
  }

  const dark = matchMedia('(prefers-color-scheme: dark)');
  const print = matchMedia('print');
  const theme = document.getElementById('theme');
  const isDark = (): boolean =>
    (document.documentElement.dataset['theme'] ?? (dark.matches ? 'dark' : 'light')) === 'dark';
  const paint = (): void => {
    if (theme !== null) theme.textContent = isDark() ? 'Light' : 'Dark';
    group.draw();
  };
  theme?.addEventListener('click', () => {
    document.documentElement.dataset['theme'] = isDark() ? 'light' : 'dark';
    paint();
  });
  dark.addEventListener('change', paint);
  print.addEventListener('change', paint);
  addEventListener('beforeprint', paint);
  paint();

  let width = innerWidth;
  addEventListener('resize', () => {
    // Phones resize when their address bar hides: only the width matters.
    if (innerWidth === width) return;
    width = innerWidth;
    group.resize();
  });
}
