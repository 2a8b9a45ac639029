import { ChangeDetectionStrategy, Component, inject, resource } from '@angular/core';
import { Api, status } from '../core/client';
import { Format } from '../core/format';
import { problemOf } from '../core/problem';
import { Failure, Skeleton } from '../ui/state';

/** How the exchange is. */
@Component({
  selector: 'souk-status',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Failure, Skeleton],
  template: `
    <div class="page">
      <h1>System status</h1>
      @if (now.error(); as error) {
        <souk-failure [problem]="problemOf(error)" (retry)="now.reload()" />
      } @else if (now.hasValue()) {
        <dl class="facts panel padded">
          <dt>Up for</dt>
          <dd>{{ format.duration(now.value().uptime) }}</dd>
          <dt>Sequence</dt>
          <dd class="num">{{ now.value().sequence }}</dd>
          <dt>Durable sequence</dt>
          <dd class="num">{{ now.value().durable_sequence }}</dd>
        </dl>
      } @else {
        <souk-skeleton />
      }
    </div>
  `,
})
export class StatusPage {
  private readonly api = inject(Api);
  protected readonly format = inject(Format);
  protected readonly now = resource({ loader: () => this.api.invoke(status) });
  protected readonly problemOf = problemOf;
}
