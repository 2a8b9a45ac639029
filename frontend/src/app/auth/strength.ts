/** How well a password resists guessing: 0 for none, 4 for strong. */
export interface Strength {
  score: 0 | 1 | 2 | 3 | 4;
  label: string;
}

const LABELS = ['', 'Weak: easily guessed', 'Fair', 'Good', 'Strong'] as const;

/** Judges by length and by how many different signs and kinds of signs there are. */
export function strengthOf(password: string): Strength {
  if (!password) return { score: 0, label: '' };
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(password));
  const different = new Set(password).size;
  const bits = Math.min(password.length, different * 2) * (1.5 + kinds.length);
  const score = bits < 28 || different < 5 ? 1 : bits < 42 ? 2 : bits < 60 ? 3 : 4;
  return { score, label: LABELS[score] };
}

/** The exchange bounds a password by bytes, not by letters. */
export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
