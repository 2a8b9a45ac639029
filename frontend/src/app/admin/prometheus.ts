/** One figure of `/metrics`. */
export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: string;
  help: string;
}

/** Reads Prometheus' text format; buckets of histograms are left out, which are for machines. */
export function samplesOf(text: string): readonly Sample[] {
  const helps = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const help = /^# HELP (\S+) (.*)$/.exec(line);
    if (help) helps.set(help[1]!, help[2]!);
    const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!found || found[1]!.endsWith('_bucket')) continue;
    const [, name = '', labels = '', value = ''] = found;
    const family = name.replace(/_(sum|count)$/, '');
    const about = helps.get(name) ?? helps.get(family) ?? '';
    samples.push({ name, labels: labelsOf(labels), value, help: about });
  }
  return samples;
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)];
  return Object.fromEntries(pairs.map(([, name, value]) => [name!, value!]));
}
