import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

const ASSETS: Readonly<Record<string, { name: string; sign: string }>> = {
  USD: { name: 'US dollar', sign: '$' },
  BTC: { name: 'Bitcoin', sign: 'B' },
  ETH: { name: 'Ether', sign: 'Ξ' },
  USDT: { name: 'Tether', sign: 'T' },
};

/** What an asset is called; its code where it has no other name. */
export function assetName(code: string): string {
  return ASSETS[code]?.name ?? code;
}

/** An asset: its sign in its colour, its code, and its name unless `short`. */
@Component({
  selector: 'souk-asset',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <span class="sign" aria-hidden="true" [class]="code().toLowerCase()">{{ sign() }}</span>
    <span class="code">{{ code() }}</span>
    @if (!short()) {
      <span class="name">{{ name() }}</span>
    }
  `,
  styles: `
    :host {
      display: inline-flex;
      gap: 8px;
      align-items: center;
      white-space: nowrap;
    }
    .sign {
      display: grid;
      flex: none;
      place-items: center;
      width: 24px;
      height: 24px;
      border-radius: 50%;
      background: #4a5568;
      color: #fff;
      font-size: 13px;
      font-weight: 700;
      line-height: 1;
    }
    .btc {
      background: #a85d00;
    }
    .eth {
      background: #5560c9;
    }
    .usdt {
      background: #1a7a61;
    }
    .usd {
      background: #3f6d31;
    }
    .code {
      font-weight: 600;
    }
    .name {
      color: var(--muted);
    }
  `,
})
export class AssetTag {
  readonly code = input.required<string>();
  readonly short = input(false);
  protected readonly sign = computed(() => ASSETS[this.code()]?.sign ?? this.code().charAt(0));
  protected readonly name = computed(() => assetName(this.code()));
}
