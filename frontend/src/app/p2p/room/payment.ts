import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import type { P2PTrade } from '../../core/client';
import { Money } from '../../ui/figures';
import { Copy } from '../../ui/copy';
import type { Role } from '../machine';
import { Method } from '../texts';

/** Where to pay, and how much; with buttons that copy. */
@Component({
  selector: 'souk-payment',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Copy, Method, Money],
  template: `
    <div class="panel-head">
      <h2>{{ role() === 'buyer' ? 'Where to pay' : 'Where you are paid' }}</h2>
      <span class="chip">{{ trade().payment_method | method }}</span>
    </div>
    <dl>
      <div>
        <dt>Amount</dt>
        <dd>
          <span class="num strong">{{ trade().total_fiat | money: trade().fiat_currency }}</span>
          <souk-copy what="the amount" [text]="trade().total_fiat" />
        </dd>
      </div>
      @if (trade().payment_account; as account) {
        <div>
          <dt>Account holder</dt>
          <dd>
            <span>{{ account.holder }}</span>
            <souk-copy what="the account holder" [text]="account.holder" />
          </dd>
        </div>
        <div>
          <dt>Details</dt>
          <dd>
            <span class="details">{{ account.details }}</span>
            <souk-copy what="the details" [text]="account.details" />
          </dd>
        </div>
      } @else {
        <div>
          <dt>Account</dt>
          <dd>{{ missing() }}</dd>
        </div>
      }
      <div>
        <dt>Reference</dt>
        <dd>
          <span class="num">{{ reference() }}</span>
          <souk-copy what="the reference" [text]="reference()" />
        </dd>
      </div>
    </dl>
    @if (trade().terms; as terms) {
      <div class="terms">
        <h3>Terms of the ad</h3>
        <p>{{ terms }}</p>
      </div>
    }
  `,
  styles: `
    dl {
      padding: 4px 16px;
    }
    dl > div {
      display: grid;
      grid-template-columns: 130px minmax(0, 1fr);
      gap: 8px;
      align-items: center;
      min-height: 40px;
      padding: 6px 0;
    }
    dl > div + div {
      border-top: 1px solid var(--line);
    }
    dt {
      color: var(--muted);
    }
    dd {
      display: flex;
      gap: 8px;
      align-items: center;
      justify-content: space-between;
    }
    dd span {
      min-width: 0;
      overflow-wrap: anywhere;
    }
    .strong {
      font-size: 16px;
      font-weight: 650;
    }
    .details,
    .terms p {
      overflow-wrap: anywhere;
      white-space: pre-wrap;
    }
    .terms {
      padding: 10px 16px 14px;
      border-top: 1px solid var(--line);
    }
    h3 {
      color: var(--muted);
      font-size: 12px;
    }
    @media (width < 700px) {
      dl > div {
        grid-template-columns: 84px minmax(0, 1fr);
      }
    }
  `,
})
export class Payment {
  readonly trade = input.required<P2PTrade>();
  readonly role = input.required<Role>();

  protected readonly reference = computed(() => `P2P ${this.trade().id}`);
  protected readonly missing = computed(() =>
    this.role() === 'buyer'
      ? `${this.trade().seller} has given no account for this method: ask in the chat.`
      : 'You had no account for this method when the trade opened: tell it in the chat.',
  );
}
