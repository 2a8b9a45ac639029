import { Decimal } from './decimal';

type Value = string | number | boolean | null | undefined;

/** Rows as RFC 4180 has them; figures go in digit by digit, as the exchange gave them. */
export function csv(head: readonly string[], rows: readonly (readonly Value[])[]): string {
  return [head, ...rows].map((row) => row.map(cell).join(',') + '\r\n').join('');
}

/** Has the browser keep `text` as a file. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the address after the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function cell(value: Value): string {
  const text = value == null ? '' : String(value);
  // A spreadsheet would compute what begins like a formula; a negative figure is none.
  const safe = /^[=+\-@\t\r]/.test(text) && !Decimal.parse(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
