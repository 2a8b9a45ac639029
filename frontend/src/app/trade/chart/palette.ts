/** The colours that the chart draws with, as they are in the theme that is shown. */
export interface Palette {
  background: string;
  text: string;
  line: string;
  up: string;
  down: string;
  upSoft: string;
  downSoft: string;
  accent: string;
  warn: string;
  muted: string;
}

const VARIABLES: Readonly<Record<keyof Palette, string>> = {
  background: '--panel',
  text: '--muted',
  line: '--line',
  up: '--up',
  down: '--down',
  upSoft: '--up-soft',
  downSoft: '--down-soft',
  accent: '--accent',
  warn: '--warn',
  muted: '--line-strong',
};

/**
 * Reads the palette off `host`. A variable gives its text, `light-dark(...)`, which a canvas does not
 * understand; the colour that an element computes from it does.
 */
export function paletteOf(host: HTMLElement): Palette {
  const probe = document.createElement('span');
  // With a transition, even the shortest, the colour read would be the one before.
  probe.style.setProperty('transition', 'none', 'important');
  host.append(probe);
  const style = getComputedStyle(probe);
  const read = (variable: string) => {
    probe.style.color = `var(${variable})`;
    return style.color;
  };
  const colours = Object.entries(VARIABLES).map(([name, variable]) => [name, read(variable)]);
  probe.remove();
  return Object.fromEntries(colours) as Palette;
}
